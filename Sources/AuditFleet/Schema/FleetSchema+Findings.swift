extension FleetSchema {
    /// Functions that note what does not fit, and let a log go on.
    static let findings = #"""
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

        -- Compares the batch's rows that were shipped before, which come first, with those that are here. A loop over a
        -- query would copy the arrays into a form that is searched from its first element on.
        CREATE FUNCTION audit_fleet.compare(c audit_fleet.chain, p_known integer, seqs bigint[], leaves bytea[],
            chains bytea[], payloads bytea[]) RETURNS bigint LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
        DECLARE
            number bigint;
        BEGIN
            SELECT min(audit_fleet.note(c, CASE WHEN r.stored IS NULL THEN 'row-lost' ELSE 'row-differs' END, r.seq,
                CASE WHEN r.stored IS NULL THEN 'The row was shipped and is not here any more: it was deleted here.'
                    ELSE 'The row differs from the one that was shipped: the log was rewritten, or put back.' END,
                r.stored, r.stored_chain, r.arrived, r.leaf, r.arrived_chain)) INTO number
            FROM (
                SELECT b.*, audit_fleet.body(e.payload, e.raw) AS stored, e.chain_hash AS stored_chain
                FROM (
                    SELECT seqs[i] AS seq, payloads[i] AS arrived, leaves[i] AS leaf, chains[i] AS arrived_chain
                    FROM generate_series(1, p_known) i OFFSET 0
                ) b LEFT JOIN audit_fleet.event e ON e.chain_id = c.id AND e.seq = b.seq
                WHERE b.seq < c.next_seq AND b.seq > c.begins_after
                    AND (e.seq IS NULL OR e.chain_hash IS DISTINCT FROM b.arrived_chain
                        OR audit_fleet.body(e.payload, e.raw) IS DISTINCT FROM b.arrived)
                    AND NOT EXISTS (SELECT FROM audit_fleet.retired_run t WHERE t.chain_id = c.id
                        AND e.seq IS NULL AND b.seq BETWEEN t.first_seq AND t.last_seq)
                    AND NOT EXISTS (SELECT FROM audit_fleet.finding f
                        WHERE f.log_id = c.log_id AND f.acknowledged IS NOT NULL AND CASE f.kind
                            WHEN 'rows-missing' THEN e.seq IS NULL AND b.seq >= f.seq AND b.seq < f.arrived_seq
                            ELSE f.seq = b.seq AND f.kind IN ('row-differs', 'row-lost', 'payload-altered', 'chain-broken')
                        END)
                ORDER BY b.seq LIMIT 100
            ) r;
            RETURN number;
        END $$;

        -- Notes why a row does not follow from the one before it.
        CREATE FUNCTION audit_fleet.refuse(c audit_fleet.chain, bad bigint, leaf bytea, chain_hash bytea, payload bytea)
        RETURNS bigint LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
        DECLARE
            kind text;
            message text;
        BEGIN
            IF bad IS NULL THEN
                RAISE EXCEPTION 'A row of the batch has no number.' USING ERRCODE = 'null_value_not_allowed';
            ELSIF bad > c.next_seq THEN
                kind := 'rows-missing';
                message := format('Rows %s to %s have not come: they were pruned before they were shipped, or removed.',
                    c.next_seq, bad - 1);
            ELSIF chain_hash = sha256('\x02'::bytea || c.head_hash || int8send(bad) || leaf) THEN
                kind := 'payload-altered';
                message := 'The payload does not have the hash that was stored with it.';
            ELSE
                kind := 'chain-broken';
                message := 'The row does not follow from the one before it.';
            END IF;
            RETURN audit_fleet.note(c, kind, least(bad, c.next_seq), message, NULL, c.head_hash,
                payload, leaf, chain_hash, bad);
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
            IF coalesce(p_reason, '') = '' THEN
                RAISE EXCEPTION 'A finding is accepted with a reason, and none was given.'
                    USING ERRCODE = 'invalid_parameter_value';
            END IF;
            IF f.id IS NULL THEN
                RAISE EXCEPTION 'There is no open finding %. The status of the fleet lists those that are open.', p_finding
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
