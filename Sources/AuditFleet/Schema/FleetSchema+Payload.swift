extension FleetSchema {
    /// Functions that look into payloads.
    static let payload = #"""
        -- Functions that a reader's statement is made of, and that have no search path of their own, name all that has no
        -- exact match in pg_catalog: what others have made in another schema must not take its place.

        -- The bytes of a payload.
        CREATE FUNCTION audit_fleet.body(payload text, raw bytea) RETURNS bytea LANGUAGE sql IMMUTABLE
        AS $$ SELECT coalesce(raw, pg_catalog.convert_to(payload, 'UTF8')) $$;

        -- A payload as JSON; NULL if it is none. NUL, which PostgreSQL's JSON cannot hold, becomes U+FFFD.
        CREATE FUNCTION audit_fleet.json(payload text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
        SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
            RETURN payload::jsonb;
        EXCEPTION WHEN OTHERS THEN
            BEGIN
                RETURN replace(payload, '\u0000', '\ufffd')::jsonb;
            EXCEPTION WHEN OTHERS THEN
                RETURN NULL;
            END;
        END $$;

        -- A number in JSON as a time in microseconds; NULL if it is none.
        CREATE FUNCTION audit_fleet.microseconds(value jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
        AS $$
            SELECT CASE WHEN jsonb_typeof(value) = 'number' AND value::text ~ '^-?[0-9]{1,18}$'
                THEN value::text::bigint END
        $$;

        CREATE FUNCTION audit_fleet.moment(microseconds bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
        AS $$ SELECT CASE WHEN microseconds BETWEEN -60000000000000000 AND 60000000000000000
            THEN timestamptz '1970-01-01 00:00:00+00' + microseconds::float8 * interval '1 microsecond' END $$;

        -- Where a row is put: by its own time, if there is one that can be.
        CREATE FUNCTION audit_fleet.place(microseconds bigint, latest bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE
        AS $$ SELECT to_timestamp(CASE WHEN microseconds >= 1420070400000000 AND microseconds <= latest
            THEN microseconds / 1e6::float8 ELSE 0 END) $$;

        -- Bytes as text; NULL if no text can hold them.
        CREATE FUNCTION audit_fleet.text(raw bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE
        SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
            RETURN convert_from(raw, 'UTF8');
        EXCEPTION WHEN OTHERS THEN
            RETURN NULL;
        END $$;
        """#
}
