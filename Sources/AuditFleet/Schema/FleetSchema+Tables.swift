extension FleetSchema {
    /// Tables and indexes.
    static let tables = #"""
        CREATE SCHEMA audit_fleet;

        CREATE TABLE audit_fleet.meta (key text PRIMARY KEY, value text NOT NULL);

        -- A log that is shipped here, and how far it has come. `held_by` is the finding that stops it.
        CREATE TABLE audit_fleet.chain (
            id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            log_id text COLLATE "C" NOT NULL UNIQUE,
            host text COLLATE "C" NOT NULL,
            path text COLLATE "C" NOT NULL,
            shipper name NOT NULL,
            enrolled timestamptz NOT NULL DEFAULT clock_timestamp(),
            begins_after bigint NOT NULL CHECK (begins_after >= 0),
            begin_hash bytea NOT NULL CHECK (octet_length(begin_hash) = 32),
            next_seq bigint NOT NULL,
            head_hash bytea CHECK (octet_length(head_hash) = 32),
            newest_event timestamptz,
            last_arrival timestamptz,
            last_contact timestamptz NOT NULL DEFAULT clock_timestamp(),
            longest_delay interval,
            held_by bigint,
            -- Since when nothing more is expected; NULL while something is.
            ended timestamptz
        );

        -- The rows. `time` is the event's own time; what has none, or one that cannot be, has 1970. `db_user` and
        -- `time` only lead to rows and are derived from the payload; of a longer name, `db_user` has 200 characters. A
        -- payload that no text can hold is in `raw`.
        CREATE TABLE audit_fleet.event (
            chain_id integer NOT NULL,
            seq bigint NOT NULL,
            time timestamptz NOT NULL,
            db_user text COLLATE "C",
            chain_hash bytea NOT NULL CHECK (octet_length(chain_hash) = 32),
            payload text COLLATE "C",
            raw bytea,
            PRIMARY KEY (chain_id, seq, time),
            CHECK ((payload IS NULL) <> (raw IS NULL))
        ) PARTITION BY RANGE (time);
        CREATE INDEX event_by_time ON audit_fleet.event USING brin (time) WITH (pages_per_range = 32);
        CREATE INDEX event_by_user ON audit_fleet.event (db_user, time) WHERE db_user IS NOT NULL;

        -- Each partition that was ever made.
        CREATE TABLE audit_fleet.partition (
            id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            name name NOT NULL UNIQUE,
            from_time timestamptz NOT NULL,
            until_time timestamptz NOT NULL,
            made timestamptz NOT NULL DEFAULT clock_timestamp(),
            is_indexed boolean NOT NULL DEFAULT false,
            retired timestamptz,
            retired_by name,
            rows bigint
        );

        -- What a retired partition held: unbroken runs of rows, each with the chain hash of its last row.
        CREATE TABLE audit_fleet.retired_run (
            partition_id integer NOT NULL REFERENCES audit_fleet.partition,
            chain_id integer NOT NULL REFERENCES audit_fleet.chain,
            first_seq bigint NOT NULL,
            last_seq bigint NOT NULL,
            last_hash bytea NOT NULL,
            PRIMARY KEY (chain_id, first_seq)
        );

        -- What does not fit, with what was there and what has come.
        CREATE TABLE audit_fleet.finding (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            found timestamptz NOT NULL DEFAULT clock_timestamp(),
            reported_by name NOT NULL DEFAULT session_user,
            kind text NOT NULL,
            log_id text COLLATE "C" NOT NULL,
            host text COLLATE "C",
            path text COLLATE "C",
            seq bigint NOT NULL,
            message text NOT NULL,
            stored_payload bytea,
            stored_chain bytea,
            arrived_seq bigint,
            arrived_payload bytea,
            arrived_leaf bytea,
            arrived_chain bytea,
            acknowledged timestamptz,
            acknowledged_by name,
            reason text
        );
        -- The same finding is reported again and again; one row is enough.
        CREATE UNIQUE INDEX finding_once ON audit_fleet.finding (log_id, kind, seq, sha256(
            coalesce(arrived_payload, '') || coalesce(arrived_chain, '') || coalesce(stored_chain, '')))
            WHERE acknowledged IS NULL;
        """#
}
