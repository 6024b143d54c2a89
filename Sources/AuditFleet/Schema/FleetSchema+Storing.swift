extension FleetSchema {
    /// Functions that check a batch and store what fits.
    static let storing = #"""
        -- A batch's rows from one element to another: what is stored of each, and whether it follows from the one
        -- before it. Its text takes the place of a call (PostgreSQL inlines it), so that no array is copied. Each
        -- subquery with OFFSET 0 is computed once for a row, however often it is used.
        CREATE FUNCTION audit_fleet.rows(p_first integer, p_last integer, p_before bigint, p_head bytea, p_latest bigint,
            seqs bigint[], times bigint[], marks integer[], users text[], leaves bytea[], chains bytea[],
            payloads bytea[])
        RETURNS TABLE (element integer, seq bigint, moment timestamptz, db_user text, chain_hash bytea, payload text,
            raw bytea, fits boolean) LANGUAGE sql STABLE AS $$
            SELECT d.element, d.seq, audit_fleet.place(
                    CASE WHEN d.is_true THEN d.time_us ELSE audit_fleet.microseconds(d.json -> 'time_us') END, p_latest),
                -- As much of a name as an index takes, whatever it is made of.
                left(CASE WHEN d.is_true THEN d.db_user ELSE d.json -> 'target' ->> 'user' END, 200),
                d.chain_hash, d.body, CASE WHEN d.body IS NULL THEN d.bytes END,
                d.seq = d.seq_before + 1 AND coalesce(d.leaf = d.true_leaf, true)
                    AND CASE WHEN d.head IS NULL AND d.element = p_first
                        -- Resumed after a gap: what the first row follows from is not known.
                        THEN octet_length(d.chain_hash) = 32
                        ELSE d.chain_hash = sha256('\x02'::bytea || d.head || int8send(d.seq) || d.true_leaf) END
            FROM (
                SELECT c.*, CASE WHEN NOT c.is_true THEN audit_fleet.json(c.body) END AS json
                FROM (
                    SELECT b.*, sha256('\x00'::bytea || b.bytes) AS true_leaf,
                        CASE WHEN b.is_true THEN convert_from(b.bytes, 'UTF8') ELSE audit_fleet.text(b.bytes) END
                            AS body
                    FROM (
                        SELECT a.*, coalesce(
                            substring(a.bytes FROM a.mark FOR octet_length(a.expected)) = a.expected
                                AND (a.db_user IS NOT NULL OR position('"target":{'::bytea IN a.bytes) = 0),
                            false) AS is_true
                        FROM (
                            SELECT i AS element, seqs[i] AS seq, times[i] AS time_us, marks[i] AS mark,
                                users[i] AS db_user, leaves[i] AS leaf, chains[i] AS chain_hash, payloads[i] AS bytes,
                                CASE WHEN i = p_first THEN p_before ELSE seqs[i - 1] END AS seq_before,
                                CASE WHEN i = p_first THEN p_head ELSE chains[i - 1] END AS head,
                                convert_to(coalesce('"user":' || to_json(users[i])::text || '}', '')
                                    || ',"time_us":' || times[i] || ',', 'UTF8') AS expected
                            FROM generate_series(p_first, p_last) i OFFSET 0) a OFFSET 0) b OFFSET 0) c OFFSET 0) d
        $$;

        -- Stores the batch's new rows, up to the one that does not fit, and moves the chain's cursor.
        CREATE FUNCTION audit_fleet.store(c audit_fleet.chain, p_first integer, p_last integer,
            seqs bigint[], times bigint[], marks integer[], users text[], leaves bytea[], chains bytea[],
            payloads bytea[], OUT stored bigint, OUT bad integer) LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
        DECLARE
            latest bigint := extract(epoch FROM clock_timestamp() + interval '40 days')::bigint * 1000000;
            last integer := p_last;
            has_partitions boolean := false;
            newest timestamptz;
            oldest timestamptz;
        BEGIN
            LOOP
                BEGIN
                    WITH inserted AS (
                        INSERT INTO audit_fleet.event (chain_id, seq, time, db_user, chain_hash, payload, raw)
                        -- A row that does not fit is given no hash, which the table refuses.
                        SELECT c.id, r.seq, r.moment, r.db_user, CASE WHEN r.fits THEN r.chain_hash END, r.payload, r.raw
                        FROM audit_fleet.rows(p_first, last, c.next_seq - 1, c.head_hash, latest,
                            seqs, times, marks, users, leaves, chains, payloads) r
                        RETURNING time
                    )
                    SELECT count(*), max(i.time), min(i.time) FILTER (WHERE i.time >= '2015-01-01')
                    INTO stored, newest, oldest FROM inserted i;
                    EXIT;
                EXCEPTION
                    WHEN not_null_violation THEN
                        IF bad IS NOT NULL THEN RAISE; END IF;
                        SELECT min(r.element) INTO bad
                        FROM audit_fleet.rows(p_first, last, c.next_seq - 1, c.head_hash, latest,
                            seqs, times, marks, users, leaves, chains, payloads) r WHERE r.fits IS NOT TRUE;
                        IF bad IS NULL THEN RAISE; END IF;
                        last := bad - 1;
                    WHEN check_violation THEN
                        -- A month's first row. A partition that is there makes the second error one of its own.
                        IF has_partitions THEN RAISE; END IF;
                        has_partitions := true;
                        PERFORM audit_fleet.make_partition(m.month) FROM (
                            SELECT DISTINCT date_trunc('month', r.moment AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS month
                            FROM audit_fleet.rows(p_first, last, c.next_seq - 1, c.head_hash, latest,
                                seqs, times, marks, users, leaves, chains, payloads) r) m;
                END;
            END LOOP;
            IF stored > 0 THEN
                UPDATE audit_fleet.chain u SET next_seq = seqs[last] + 1, head_hash = chains[last],
                    last_arrival = clock_timestamp(), last_contact = clock_timestamp(),
                    newest_event = greatest(u.newest_event, newest),
                    longest_delay = greatest(u.longest_delay, clock_timestamp() - oldest)
                WHERE u.id = c.id;
            END IF;
        END $$;
        """#
}
