extension FleetSchema {
    /// Functions that make partitions and retire them.
    static let retention = #"""
        -- Makes the partition of a month, if there is none.
        CREATE FUNCTION audit_fleet.make_partition(moment timestamptz) RETURNS void LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
        DECLARE
            first timestamp := date_trunc('month', moment AT TIME ZONE 'UTC');
            low timestamptz := first AT TIME ZONE 'UTC';
            high timestamptz := (first + interval '1 month') AT TIME ZONE 'UTC';
            title name := 'event_' || to_char(first, 'YYYY_MM');
        BEGIN
            IF moment < timestamptz '2015-01-01 00:00:00+00' THEN
                low := timestamptz '1970-01-01 00:00:00+00';
                high := timestamptz '2015-01-01 00:00:00+00';
                title := 'event_other';
            END IF;
            LOCK TABLE audit_fleet.partition IN SHARE ROW EXCLUSIVE MODE;
            IF EXISTS (SELECT FROM audit_fleet.partition p WHERE p.name = title AND p.retired IS NULL) THEN
                IF NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = to_regclass('audit_fleet.event')
                    AND i.inhrelid = to_regclass('audit_fleet.' || title)) THEN
                    RAISE EXCEPTION 'The partition % is missing, and nothing says that it was retired.', title
                        USING ERRCODE = 'data_corrupted', HINT = 'Look for who dropped it; restore it from a backup.';
                END IF;
                RETURN;
            END IF;
            EXECUTE format('CREATE TABLE audit_fleet.%I (LIKE audit_fleet.event INCLUDING ALL)', title);
            EXECUTE format('ALTER TABLE audit_fleet.event ATTACH PARTITION audit_fleet.%I FOR VALUES FROM (%L) TO (%L)',
                title, low, high);
            INSERT INTO audit_fleet.partition (name, from_time, until_time) VALUES (title, low, high);
        END $$;

        -- Makes this month's and the next month's partitions, and indexes the fingerprints of months that are over.
        CREATE FUNCTION audit_fleet.maintain() RETURNS void LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
        DECLARE
            part audit_fleet.partition;
        BEGIN
            PERFORM audit_fleet.make_partition(timestamptz '1970-01-01 00:00:00+00');
            PERFORM audit_fleet.make_partition(now());
            PERFORM audit_fleet.make_partition(now() + interval '1 month');
            FOR part IN SELECT * FROM audit_fleet.partition p
                WHERE NOT p.is_indexed AND p.retired IS NULL AND p.until_time < now() - interval '1 day'
                    AND p.name <> 'event_other'
            LOOP
                CONTINUE WHEN to_regclass('audit_fleet.' || part.name) IS NULL;
                EXECUTE format($sql$
                    CREATE INDEX ON audit_fleet.%I (substr(payload, nullif(strpos(payload, '"sha256":"'), 0) + 10, 16))
                    $sql$, part.name);
                EXECUTE format('ANALYZE audit_fleet.%I', part.name);
                UPDATE audit_fleet.partition SET is_indexed = true WHERE id = part.id;
            END LOOP;
        END $$;

        -- Takes a month that is over out of the table, and leaves a prune point for each chain.
        CREATE FUNCTION audit_fleet.retire(p_month date) RETURNS TABLE (name text, rows bigint)
        LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on SET TimeZone = 'UTC'
        -- While it waits for a long reader, all others wait for it.
        SET DateStyle = 'ISO' SET work_mem = '64MB' SET lock_timeout = '5s' AS $$
        DECLARE
            part audit_fleet.partition;
            title text;
            count bigint;
        BEGIN
            -- In the order of those who make a partition.
            LOCK TABLE audit_fleet.partition IN SHARE ROW EXCLUSIVE MODE;
            SELECT * INTO part FROM audit_fleet.partition p WHERE p.retired IS NULL AND p.until_time <= now()
                AND p.name = 'event_' || to_char(p_month, 'YYYY_MM') FOR UPDATE;
            IF part.id IS NULL THEN
                RAISE EXCEPTION 'There is no partition of the month %, or it is not over.', to_char(p_month, 'YYYY-MM')
                    USING ERRCODE = 'invalid_parameter_value';
            END IF;
            title := 'retired_' || to_char(p_month, 'YYYY_MM') || '_' || part.id;
            EXECUTE format('LOCK TABLE audit_fleet.%I IN SHARE MODE', part.name);
            EXECUTE format($sql$
                INSERT INTO audit_fleet.retired_run (partition_id, chain_id, first_seq, last_seq, last_hash)
                SELECT $1, r.chain_id, r.first_seq, r.last_seq, e.chain_hash FROM (
                    SELECT g.chain_id, min(g.seq) AS first_seq, max(g.seq) AS last_seq
                    FROM (SELECT chain_id, seq, seq - row_number() OVER (PARTITION BY chain_id ORDER BY seq) AS run
                          FROM audit_fleet.%1$I) g
                    GROUP BY g.chain_id, g.run) r
                JOIN audit_fleet.%1$I e ON e.chain_id = r.chain_id AND e.seq = r.last_seq
                $sql$, part.name) USING part.id;
            EXECUTE format('SELECT count(*) FROM audit_fleet.%I', part.name) INTO count;
            EXECUTE format('ALTER TABLE audit_fleet.event DETACH PARTITION audit_fleet.%I', part.name);
            EXECUTE format('ALTER TABLE audit_fleet.%I RENAME TO %I', part.name, title);
            EXECUTE format('REVOKE ALL ON audit_fleet.%I FROM audit_fleet_reader', title);
            UPDATE audit_fleet.partition p
            SET name = title, retired = clock_timestamp(), retired_by = session_user, rows = count WHERE p.id = part.id;
            RETURN QUERY SELECT title, count;
        END $$;
        """#
}
