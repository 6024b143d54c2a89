extension FleetSchema {
    /// Functions that check a batch and store what fits.
    static let storing = #"""
        -- The first row of the batch that does not follow from the one before it; NULL if all do.
        CREATE FUNCTION audit_fleet.misfit(c audit_fleet.chain) RETURNS bigint LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
            RETURN (WITH row AS MATERIALIZED (
                SELECT b.seq, b.chain_hash, b.leaf,
                    sha256('\x00'::bytea || coalesce(b.raw, convert_to(b.payload, 'UTF8'))) AS true_leaf
                FROM pg_temp.audit_batch b WHERE b.seq >= c.next_seq
            ), step AS (
                SELECT r.seq, r.seq = lag(r.seq, 1, c.next_seq - 1) OVER w + 1
                    AND coalesce(r.leaf = r.true_leaf, true)
                    AND r.chain_hash IS NOT DISTINCT FROM coalesce(
                        sha256('\x02'::bytea || lag(r.chain_hash, 1, c.head_hash) OVER w || int8send(r.seq)
                            || r.true_leaf),
                        -- Resumed after a gap: what the first row follows from is not known.
                        CASE WHEN c.head_hash IS NULL AND r.seq = c.next_seq THEN r.chain_hash END) AS fits
                FROM row r WINDOW w AS (ORDER BY r.seq)
            )
            SELECT min(s.seq) FILTER (WHERE s.fits IS NOT TRUE) FROM step s);
        END $$;

        -- Stores the batch's new rows, up to the one that does not fit, and moves the chain's cursor.
        CREATE FUNCTION audit_fleet.store(c audit_fleet.chain, bad bigint) RETURNS bigint LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
        DECLARE
            latest bigint := extract(epoch FROM clock_timestamp() + interval '40 days')::bigint * 1000000;
            place record;
            last record;
        BEGIN
            BEGIN
                place := audit_fleet.insert_batch(c, bad, latest);
            EXCEPTION WHEN check_violation THEN
                -- A month's first row. A partition that is there makes the second error one of its own.
                PERFORM audit_fleet.make_partitions(c, latest);
                place := audit_fleet.insert_batch(c, bad, latest);
            END;
            IF place.stored > 0 THEN
                SELECT b.seq, b.chain_hash INTO last FROM pg_temp.audit_batch b
                WHERE b.seq >= c.next_seq AND (bad IS NULL OR b.seq < bad) ORDER BY b.seq DESC LIMIT 1;
                UPDATE audit_fleet.chain u SET next_seq = last.seq + 1, head_hash = last.chain_hash,
                    last_arrival = clock_timestamp(), last_contact = clock_timestamp(),
                    newest_event = greatest(u.newest_event, place.newest),
                    longest_delay = greatest(u.longest_delay, clock_timestamp() - place.oldest)
                WHERE u.id = c.id;
            END IF;
            RETURN place.stored;
        END $$;

        -- Inserts what fits. Each subquery with OFFSET 0 is computed once for a row, however often it is used.
        CREATE FUNCTION audit_fleet.insert_batch(c audit_fleet.chain, bad bigint, latest bigint,
            OUT stored bigint, OUT newest timestamptz, OUT oldest timestamptz) LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
            WITH checked AS (
                SELECT t.*, coalesce(t.payload, audit_fleet.text(t.raw)) AS body, coalesce(CASE
                    WHEN t.db_user IS NULL THEN strpos(t.payload, ',"time_us":' || t.time_us || ',') > 0
                        AND strpos(t.payload, '"target":{') = 0
                    ELSE strpos(t.payload, '"user":' || to_json(t.db_user) || '},"time_us":' || t.time_us || ',') > 0
                    END, false) AS is_true
                FROM pg_temp.audit_batch t
                WHERE t.seq >= c.next_seq AND (bad IS NULL OR t.seq < bad) OFFSET 0
            ), read AS (
                SELECT r.*, CASE WHEN NOT r.is_true THEN audit_fleet.json(r.body) END AS json FROM checked r OFFSET 0
            ), derived AS (
                SELECT r.seq, r.chain_hash, r.body, CASE WHEN r.body IS NULL THEN r.raw END AS raw,
                    CASE WHEN r.is_true THEN r.time_us ELSE audit_fleet.microseconds(r.json -> 'time_us') END AS time_us,
                    CASE WHEN r.is_true THEN r.db_user ELSE r.json -> 'target' ->> 'user' END AS db_user
                FROM read r OFFSET 0
            ), inserted AS (
                INSERT INTO audit_fleet.event (chain_id, seq, time, db_user, chain_hash, payload, raw)
                SELECT c.id, d.seq, audit_fleet.place(d.time_us, latest), d.db_user, d.chain_hash, d.body, d.raw
                FROM derived d RETURNING time
            )
            SELECT count(*), max(i.time), min(i.time) FILTER (WHERE i.time >= '2015-01-01')
            INTO stored, newest, oldest FROM inserted i;
        END $$;

        -- Makes the partitions that the batch's new rows belong to.
        CREATE FUNCTION audit_fleet.make_partitions(c audit_fleet.chain, latest bigint) RETURNS void LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
        DECLARE
            moment timestamptz;
        BEGIN
            FOR moment IN
                SELECT DISTINCT date_trunc('month', audit_fleet.place(coalesce(
                    audit_fleet.microseconds(audit_fleet.json(coalesce(b.payload, audit_fleet.text(b.raw))) -> 'time_us'),
                    0), latest) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
                FROM pg_temp.audit_batch b WHERE b.seq >= c.next_seq
            LOOP
                PERFORM audit_fleet.make_partition(moment);
            END LOOP;
        END $$;
        """#
}
