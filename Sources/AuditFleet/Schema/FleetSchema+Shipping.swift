extension FleetSchema {
    /// Functions that shippers call, and what they call.
    static let shipping = #"""
        -- Notes a finding, unless it is noted already, and returns its number.
        CREATE FUNCTION audit_fleet.note(
            c audit_fleet.chain, p_kind text, p_seq bigint, p_message text, p_stored bytea, p_stored_chain bytea,
            p_arrived bytea, p_leaf bytea, p_arrived_chain bytea, p_arrived_seq bigint DEFAULT NULL)
        RETURNS bigint LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
        DECLARE
            number bigint;
        BEGIN
            INSERT INTO audit_fleet.finding (kind, log_id, host, path, seq, message, stored_payload, stored_chain,
                arrived_seq, arrived_payload, arrived_leaf, arrived_chain)
            VALUES (p_kind, c.log_id, c.host, c.path, p_seq, p_message, p_stored, p_stored_chain,
                p_arrived_seq, p_arrived, p_leaf, p_arrived_chain)
            ON CONFLICT DO NOTHING RETURNING id INTO number;
            IF number IS NULL THEN
                SELECT f.id INTO number FROM audit_fleet.finding f
                WHERE f.log_id = c.log_id AND f.kind = p_kind AND f.seq = p_seq AND f.acknowledged IS NULL
                ORDER BY f.id LIMIT 1;
            END IF;
            RETURN number;
        END $$;

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

        -- Begins to ship a log: makes the session's table for batches, and returns where the log is to go on.
        CREATE FUNCTION audit_fleet.enroll(p_log text, p_host text, p_path text, p_after bigint, p_hash bytea)
        RETURNS TABLE (next_seq bigint, head_hash bytea, held_by bigint, open_findings bigint)
        LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on SET TimeZone = 'UTC'
        SET DateStyle = 'ISO' SET client_min_messages = warning AS $$
        DECLARE
            c audit_fleet.chain;
            other audit_fleet.chain;
        BEGIN
            IF to_regclass('pg_temp.audit_batch') IS NULL THEN
                CREATE TEMP TABLE audit_batch (seq bigint, time_us bigint, db_user text COLLATE "C", leaf bytea,
                    chain_hash bytea, payload text COLLATE "C", raw bytea) ON COMMIT DELETE ROWS;
                EXECUTE format('GRANT INSERT ON pg_temp.audit_batch TO %I', session_user);
            END IF;
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
                PERFORM audit_fleet.note(c, 'second-place', c.next_seq - 1, format(
                    'The log was shipped from %s on %s and now comes from %s on %s. Ask who copied or moved it.',
                    c.path, c.host, p_path, p_host),
                    NULL, c.head_hash, convert_to(p_host || ':' || p_path, 'UTF8'), NULL, NULL);
            END IF;
            UPDATE audit_fleet.chain SET last_contact = clock_timestamp() WHERE id = c.id;
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
            IF p_seq < least(p_shipped, c.next_seq - 1) THEN
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

        -- Stores the batch: checks that each new row follows from the one before it, and compares the others.
        CREATE FUNCTION audit_fleet.ship(p_log text)
        RETURNS TABLE (stored bigint, known bigint, next_seq bigint, held_by bigint, last_hash bytea)
        LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on SET TimeZone = 'UTC'
        SET DateStyle = 'ISO' SET work_mem = '32MB' SET plan_cache_mode = force_custom_plan AS $$
        DECLARE
            c audit_fleet.chain;
            latest bigint := extract(epoch FROM clock_timestamp() + interval '40 days')::bigint * 1000000;
            bad bigint;
            last record;
            moment timestamptz;
            number bigint;
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_class t WHERE t.oid = to_regclass('pg_temp.audit_batch') AND t.relkind = 'r'
                AND t.relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)) THEN
                RAISE EXCEPTION 'The session has no batch.' USING ERRCODE = 'object_not_in_prerequisite_state',
                    HINT = 'Call audit_fleet.enroll first.';
            END IF;
            c := audit_fleet.locked(p_log);
            IF c.id IS NULL THEN
                RAISE EXCEPTION 'The log % is not enrolled.', p_log USING ERRCODE = 'undefined_object';
            END IF;
            SELECT count(*) INTO known FROM pg_temp.audit_batch b WHERE b.seq < c.next_seq;
            IF known > 0 THEN
                number := audit_fleet.compare(c);
                c.held_by := coalesce(c.held_by, number);
            END IF;
            stored := 0;
            IF c.held_by IS NULL THEN
                WITH row AS MATERIALIZED (
                    SELECT b.seq, b.chain_hash, b.leaf,
                        sha256('\x00'::bytea || coalesce(b.raw, convert_to(b.payload, 'UTF8'))) AS true_leaf
                    FROM pg_temp.audit_batch b WHERE b.seq >= c.next_seq
                ), step AS (
                    SELECT r.seq, r.seq = lag(r.seq, 1, c.next_seq - 1) OVER w + 1 AND r.leaf IS NULL
                        AND r.chain_hash IS NOT DISTINCT FROM coalesce(
                            sha256('\x02'::bytea || lag(r.chain_hash, 1, c.head_hash) OVER w || int8send(r.seq)
                                || r.true_leaf),
                            -- Resumed after a gap: what the first row follows from is not known.
                            CASE WHEN c.head_hash IS NULL AND r.seq = c.next_seq THEN r.chain_hash END) AS fits
                    FROM row r WINDOW w AS (ORDER BY r.seq)
                )
                SELECT min(s.seq) FILTER (WHERE s.fits IS NOT TRUE) INTO bad FROM step s;
                LOOP
                    BEGIN
                        INSERT INTO audit_fleet.event (chain_id, seq, time, db_user, chain_hash, payload, raw)
                        SELECT c.id, b.seq,
                            audit_fleet.place(CASE WHEN b.is_true THEN b.time_us
                                ELSE audit_fleet.microseconds(b.json -> 'time_us') END, latest),
                            CASE WHEN b.is_true THEN b.db_user ELSE b.json -> 'target' ->> 'user' END,
                            b.chain_hash, coalesce(b.payload, b.text),
                            CASE WHEN b.payload IS NULL AND b.text IS NULL THEN b.raw END
                        FROM (
                            SELECT a.*, CASE WHEN NOT a.is_true THEN audit_fleet.json(a.payload) END AS json,
                                CASE WHEN a.payload IS NULL THEN audit_fleet.text(a.raw) END AS text
                            FROM (
                                SELECT t.*, coalesce(CASE WHEN t.db_user IS NULL
                                    THEN strpos(t.payload, ',"time_us":' || t.time_us || ',') > 0
                                        AND strpos(t.payload, '"target":{') = 0
                                    ELSE strpos(t.payload,
                                        '"user":' || to_json(t.db_user) || '},"time_us":' || t.time_us || ',') > 0
                                    END, false) AS is_true
                                FROM pg_temp.audit_batch t
                                WHERE t.seq >= c.next_seq AND (bad IS NULL OR t.seq < bad)
                            ) a
                        ) b;
                        GET DIAGNOSTICS stored = ROW_COUNT;
                        EXIT;
                    EXCEPTION WHEN check_violation THEN
                        -- A month's first row. A partition that is there makes the error one of its own.
                        IF moment IS NOT NULL THEN RAISE; END IF;
                        FOR moment IN
                            SELECT DISTINCT date_trunc('month', audit_fleet.place(coalesce(
                                audit_fleet.microseconds(audit_fleet.json(b.payload) -> 'time_us'), 0), latest)
                                AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
                            FROM pg_temp.audit_batch b WHERE b.seq >= c.next_seq
                        LOOP
                            PERFORM audit_fleet.make_partition(moment);
                        END LOOP;
                        moment := now();
                    END;
                END LOOP;
                IF stored > 0 THEN
                    SELECT b.seq, b.chain_hash INTO last FROM pg_temp.audit_batch b
                    WHERE b.seq >= c.next_seq AND (bad IS NULL OR b.seq < bad) ORDER BY b.seq DESC LIMIT 1;
                    UPDATE audit_fleet.chain u SET next_seq = last.seq + 1, head_hash = last.chain_hash,
                        last_arrival = clock_timestamp(), last_contact = clock_timestamp(),
                        newest_event = greatest(u.newest_event, t.newest),
                        longest_delay = greatest(u.longest_delay, clock_timestamp() - t.oldest)
                    FROM (SELECT max(e.time) AS newest, min(e.time) FILTER (WHERE e.time >= '2015-01-01') AS oldest
                          FROM audit_fleet.event e WHERE e.chain_id = c.id AND e.seq BETWEEN c.next_seq AND last.seq) t
                    WHERE u.id = c.id RETURNING u.* INTO c;
                END IF;
                IF bad IS NOT NULL THEN c.held_by := audit_fleet.refuse(c, bad); END IF;
            END IF;
            IF c.held_by IS NOT NULL THEN
                UPDATE audit_fleet.chain u SET held_by = c.held_by WHERE u.id = c.id;
            END IF;
            RETURN QUERY SELECT stored, known, c.next_seq, c.held_by, c.head_hash;
        END $$;

        -- Compares the batch's rows that were shipped before with those that are here.
        CREATE FUNCTION audit_fleet.compare(c audit_fleet.chain) RETURNS bigint LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
        DECLARE
            r record;
            number bigint;
        BEGIN
            FOR r IN SELECT b.seq, audit_fleet.body(b.payload, b.raw) AS arrived, b.leaf, b.chain_hash AS arrived_chain,
                    audit_fleet.body(e.payload, e.raw) AS stored, e.chain_hash AS stored_chain
                FROM pg_temp.audit_batch b LEFT JOIN audit_fleet.event e ON e.chain_id = c.id AND e.seq = b.seq
                WHERE b.seq < c.next_seq AND b.seq > c.begins_after
                    AND (e.seq IS NULL OR e.chain_hash IS DISTINCT FROM b.chain_hash
                        OR audit_fleet.body(e.payload, e.raw) IS DISTINCT FROM audit_fleet.body(b.payload, b.raw))
                    AND NOT EXISTS (SELECT FROM audit_fleet.retired_run t WHERE t.chain_id = c.id
                        AND e.seq IS NULL AND b.seq BETWEEN t.first_seq AND t.last_seq)
                    AND NOT EXISTS (SELECT FROM audit_fleet.finding f WHERE f.log_id = c.log_id AND f.seq = b.seq
                        AND f.acknowledged IS NOT NULL)
                ORDER BY b.seq LIMIT 100
            LOOP
                number := least(number, audit_fleet.note(c,
                    CASE WHEN r.stored IS NULL THEN 'row-lost' ELSE 'row-differs' END, r.seq,
                    CASE WHEN r.stored IS NULL THEN 'The row was shipped and is not here any more: it was deleted here.'
                        ELSE 'The row differs from the one that was shipped: the log was rewritten, or put back.' END,
                    r.stored, r.stored_chain, r.arrived, r.leaf, r.arrived_chain));
            END LOOP;
            RETURN number;
        END $$;

        -- Notes why a row does not follow from the one before it.
        CREATE FUNCTION audit_fleet.refuse(c audit_fleet.chain, bad bigint) RETURNS bigint LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
        DECLARE
            r record;
            kind text;
            message text;
        BEGIN
            SELECT b.seq, audit_fleet.body(b.payload, b.raw) AS arrived, b.leaf, b.chain_hash INTO r
            FROM pg_temp.audit_batch b WHERE b.seq = bad LIMIT 1;
            IF bad > c.next_seq THEN
                kind := 'rows-missing';
                message := format('Rows %s to %s have not come: they were pruned before they were shipped, or removed.',
                    c.next_seq, bad - 1);
            ELSIF r.chain_hash IS NOT DISTINCT FROM sha256('\x02'::bytea || c.head_hash || int8send(bad) || r.leaf) THEN
                kind := 'payload-altered';
                message := 'The payload does not have the hash that was stored with it.';
            ELSE
                kind := 'chain-broken';
                message := 'The row does not follow from the one before it.';
            END IF;
            RETURN audit_fleet.note(c, kind, least(bad, c.next_seq), message, NULL, c.head_hash,
                r.arrived, r.leaf, r.chain_hash, bad);
        END $$;

        -- Lets a chain go on after a finding that was looked into. The finding stays, with who has accepted it and why.
        CREATE FUNCTION audit_fleet.resume(p_finding bigint, p_reason text) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on SET TimeZone = 'UTC'
        SET DateStyle = 'ISO' AS $$
        DECLARE
            f audit_fleet.finding;
            c audit_fleet.chain;
        BEGIN
            SELECT * INTO f FROM audit_fleet.finding WHERE id = p_finding AND acknowledged IS NULL FOR UPDATE;
            IF f.id IS NULL OR coalesce(p_reason, '') = '' THEN
                RAISE EXCEPTION 'There is no such open finding, or no reason was given.'
                    USING ERRCODE = 'invalid_parameter_value';
            END IF;
            UPDATE audit_fleet.finding
            SET acknowledged = clock_timestamp(), acknowledged_by = session_user, reason = p_reason WHERE id = f.id;
            SELECT * INTO c FROM audit_fleet.chain WHERE log_id = f.log_id FOR UPDATE;
            IF c.held_by = f.id THEN
                UPDATE audit_fleet.chain SET held_by = NULL WHERE id = c.id;
                IF f.kind IN ('payload-altered', 'chain-broken') AND c.next_seq = f.seq THEN
                    -- What follows from a hash that is none is not known.
                    UPDATE audit_fleet.chain SET next_seq = f.seq + 1,
                        head_hash = CASE WHEN octet_length(f.arrived_chain) = 32 THEN f.arrived_chain END
                    WHERE id = c.id;
                ELSIF f.kind = 'rows-missing' AND f.arrived_seq > c.next_seq THEN
                    UPDATE audit_fleet.chain SET next_seq = f.arrived_seq, head_hash = NULL WHERE id = c.id;
                END IF;
            END IF;
        END $$;
        """#
}
