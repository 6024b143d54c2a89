extension FleetSchema {
    /// Functions that shippers call, and who may.
    static let shipping = #"""
        -- The chain, locked, if the session may ship it.
        CREATE FUNCTION audit_fleet.locked(p_log text) RETURNS audit_fleet.chain LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
        DECLARE
            c audit_fleet.chain;
        BEGIN
            SELECT * INTO c FROM audit_fleet.chain WHERE log_id = p_log FOR UPDATE;
            IF c.id IS NOT NULL AND c.shipper <> session_user THEN
                RAISE EXCEPTION 'The log % is shipped by the user %, not by %.', p_log, c.shipper, session_user
                    USING ERRCODE = 'insufficient_privilege',
                    HINT = 'Ship each log as the user who has shipped it first.';
            END IF;
            RETURN c;
        END $$;

        -- Begins to ship a log, and returns where the log is to go on.
        CREATE FUNCTION audit_fleet.enroll(p_log text, p_host text, p_path text, p_after bigint, p_hash bytea)
        RETURNS TABLE (next_seq bigint, head_hash bytea, held_by bigint, open_findings bigint)
        LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on SET TimeZone = 'UTC'
        SET DateStyle = 'ISO' AS $$
        DECLARE
            c audit_fleet.chain;
            other audit_fleet.chain;
            place bytea;
            is_accepted boolean;
        BEGIN
            c := audit_fleet.locked(p_log);
            IF c.id IS NULL THEN
                IF p_after IS NULL OR p_after < 0 OR p_hash IS NULL OR octet_length(p_hash) <> 32
                    OR (p_after = 0 AND p_hash <> sha256('\x03'::bytea || convert_to(p_log, 'UTF8'))) THEN
                    RAISE EXCEPTION 'The log % does not begin with the hash of its name.', p_log
                        USING ERRCODE = 'invalid_parameter_value', HINT = 'Verify the log.';
                END IF;
                INSERT INTO audit_fleet.chain
                    (log_id, host, path, shipper, begins_after, begin_hash, next_seq, head_hash)
                VALUES (p_log, p_host, p_path, session_user, p_after, p_hash, p_after + 1, p_hash)
                ON CONFLICT (log_id) DO NOTHING;
                c := audit_fleet.locked(p_log);
                FOR other IN
                    SELECT * FROM audit_fleet.chain o WHERE o.host = c.host AND o.path = c.path AND o.id < c.id
                LOOP
                    PERFORM audit_fleet.note(c, 'second-chain', c.begins_after, format(
                        'A second log comes from %s on %s, where log %s came from up to row %s. Ask who replaced it.',
                        c.path, c.host, other.log_id, other.next_seq - 1),
                        NULL, other.head_hash, NULL, NULL, c.head_hash);
                END LOOP;
            ELSIF (c.host, c.path) IS DISTINCT FROM (p_host, p_path) THEN
                place := convert_to(p_host || ':' || p_path, 'UTF8');
                SELECT f.acknowledged IS NOT NULL AND f.arrived_payload = place INTO is_accepted
                FROM audit_fleet.finding f WHERE f.log_id = c.log_id AND f.kind = 'second-place'
                ORDER BY f.id DESC LIMIT 1;
                IF is_accepted THEN
                    UPDATE audit_fleet.chain SET host = p_host, path = p_path WHERE id = c.id;
                ELSE
                    PERFORM audit_fleet.note(c, 'second-place', c.next_seq - 1, format(
                        'The log was shipped from %s on %s and now comes from %s on %s. Ask who copied or moved it.',
                        c.path, c.host, p_path, p_host),
                        NULL, c.head_hash, place, NULL, NULL);
                END IF;
            END IF;
            UPDATE audit_fleet.chain SET last_contact = clock_timestamp(), ended = NULL WHERE id = c.id;
            RETURN QUERY SELECT c.next_seq, c.head_hash, c.held_by,
                (SELECT count(*) FROM audit_fleet.finding f WHERE f.log_id = c.log_id AND f.acknowledged IS NULL);
        END $$;

        -- Says that the shipper has looked, and where its log ends: one that ends before what was shipped was put back.
        CREATE FUNCTION audit_fleet.contact(p_log text, p_shipped bigint, p_seq bigint, p_hash bytea) RETURNS bigint
        LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on SET TimeZone = 'UTC'
        SET DateStyle = 'ISO' AS $$
        DECLARE
            c audit_fleet.chain := audit_fleet.locked(p_log);
            number bigint;
        BEGIN
            UPDATE audit_fleet.chain SET last_contact = clock_timestamp() WHERE id = c.id;
            IF p_seq < least(p_shipped, c.next_seq - 1) AND NOT EXISTS (
                -- It was accepted that the log ends before what was shipped; what it has instead is compared.
                SELECT FROM audit_fleet.finding f WHERE f.log_id = c.log_id AND f.kind = 'log-rewound'
                    AND f.acknowledged IS NOT NULL AND f.stored_chain IS NOT DISTINCT FROM c.head_hash
            ) THEN
                number := audit_fleet.note(c, 'log-rewound', p_seq, format(
                    'The log ends at row %s and was shipped up to row %s: it was cut off, or put back from a copy.',
                    p_seq, c.next_seq - 1), NULL, c.head_hash, NULL, NULL, p_hash);
                UPDATE audit_fleet.chain SET held_by = coalesce(held_by, number) WHERE id = c.id;
            END IF;
            RETURN number;
        END $$;

        -- The chain hash of a row that was shipped; NULL if it is not here.
        CREATE FUNCTION audit_fleet.hash_of_row(p_log text, p_seq bigint) RETURNS bytea
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
            SELECT e.chain_hash FROM audit_fleet.event e JOIN audit_fleet.chain c ON c.id = e.chain_id
            WHERE c.log_id = p_log AND c.shipper = session_user AND e.seq = p_seq
        $$;

        -- The open findings about a log, for its shipper: what they are, and not what others have sent.
        CREATE FUNCTION audit_fleet.open_findings(p_log text) RETURNS TABLE (id bigint, kind text, seq bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
            SELECT f.id, f.kind, f.seq FROM audit_fleet.finding f JOIN audit_fleet.chain c ON c.log_id = f.log_id
            WHERE f.log_id = p_log AND c.shipper = session_user AND f.acknowledged IS NULL ORDER BY f.id LIMIT 1000
        $$;

        -- Stores a batch, an array for each column: checks that each new row follows from the one before it, and
        -- compares the others, which come first. Where `marks` leads to, the payload says its user and time.
        CREATE FUNCTION audit_fleet.ship(p_log text, seqs bigint[], times bigint[], marks integer[], users text[],
            leaves bytea[], chains bytea[], payloads bytea[])
        RETURNS TABLE (stored bigint, known bigint, next_seq bigint, held_by bigint, last_hash bytea)
        LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on SET TimeZone = 'UTC'
        -- Arrays stay parameters: as constants of a plan of its own, each would be searched from its first element on.
        SET DateStyle = 'ISO' SET work_mem = '32MB' SET plan_cache_mode = force_generic_plan AS $$
        DECLARE
            c audit_fleet.chain;
            last integer := coalesce(array_length(seqs, 1), 0);
            bad integer;
            number bigint;
        BEGIN
            -- What a shipper is told is stored outlives a crash of the server, whatever the server's default is.
            IF current_setting('synchronous_commit') = 'off' THEN
                PERFORM set_config('synchronous_commit', 'on', true);
            END IF;
            c := audit_fleet.locked(p_log);
            IF c.id IS NULL THEN
                RAISE EXCEPTION 'The log % is not enrolled.', p_log USING ERRCODE = 'undefined_object';
            END IF;
            SELECT coalesce(min(i) - 1, last) INTO known FROM generate_series(1, last) i WHERE seqs[i] >= c.next_seq;
            IF known > 0 THEN
                number := audit_fleet.compare(c, known::integer, seqs, leaves, chains, payloads);
            END IF;
            stored := 0;
            IF c.held_by IS NULL AND number IS NULL THEN
                SELECT s.stored, s.bad INTO stored, bad FROM audit_fleet.store(c, known::integer + 1, last,
                    seqs, times, marks, users, leaves, chains, payloads) s;
                c := audit_fleet.locked(p_log);
                IF bad IS NOT NULL THEN
                    number := audit_fleet.refuse(c, seqs[bad], leaves[bad], chains[bad], payloads[bad]);
                END IF;
            END IF;
            IF c.held_by IS NULL AND number IS NOT NULL THEN
                c.held_by := number;
                UPDATE audit_fleet.chain u SET held_by = number WHERE u.id = c.id;
            END IF;
            RETURN QUERY SELECT stored, known, c.next_seq, c.held_by, c.head_hash;
        END $$;
        """#
}
