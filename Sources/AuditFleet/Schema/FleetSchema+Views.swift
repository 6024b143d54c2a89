extension FleetSchema {
    /// Views for people who come with SQL, or Grafana.
    static let views = #"""
        -- Each row with what its payload says. Of a payload that is no JSON only the place is shown.
        CREATE VIEW audit_fleet.entry AS
        SELECT c.host AS shipped_from, c.log_id, e.seq, e.time, e.db_user,
            j.p ->> 'activity' AS activity, j.p ->> 'outcome' AS outcome, j.p -> 'error' ->> 'code' AS error_code,
            coalesce(j.p -> 'target' ->> 'signing_host', j.p -> 'target' ->> 'host') AS server,
            j.p -> 'target' ->> 'host' AS dialed, j.p -> 'target' ->> 'database' AS database,
            j.p -> 'target' ->> 'region' AS region,
            coalesce(j.p -> 'credential' ->> 'role_arn', j.p -> 'credential' ->> 'account',
                j.p -> 'credential' ->> 'access_key_id') AS role,
            j.p -> 'credential' ->> 'profile' AS profile, j.p -> 'credential' ->> 'access_key_id' AS access_key_id,
            j.p -> 'actor' ->> 'user' AS os_user, j.p -> 'actor' ->> 'program' AS program,
            j.p -> 'actor' ->> 'host' AS machine,
            j.p -> 'token' ->> 'sha256' AS fingerprint,
            audit_fleet.moment(audit_fleet.microseconds(j.p -> 'token' -> 'signed_us')) AS valid_from,
            audit_fleet.moment(audit_fleet.microseconds(j.p -> 'token' -> 'expires_us')) AS valid_until,
            e.chain_id, e.payload
        FROM audit_fleet.event e JOIN audit_fleet.chain c ON c.id = e.chain_id
        CROSS JOIN LATERAL (SELECT audit_fleet.json(e.payload) AS p OFFSET 0) j;

        -- Who could log in where and when: each token that was issued.
        CREATE VIEW audit_fleet.login AS
        SELECT time, db_user, server, database, role, coalesce(valid_from, time) AS valid_from, valid_until,
            os_user, program, shipped_from, activity, fingerprint, log_id, seq
        FROM audit_fleet.entry WHERE activity IN ('token.issue', 'token.reuse');

        -- Logins per day, role, user and server.
        CREATE VIEW audit_fleet.login_by_role AS
        SELECT date_trunc('day', time AT TIME ZONE 'UTC') AS day, role, db_user, server, count(*) AS tokens,
            min(time) AS first, max(time) AS last
        FROM audit_fleet.login GROUP BY 1, 2, 3, 4;

        CREATE VIEW audit_fleet.login_by_server AS
        SELECT date_trunc('day', time AT TIME ZONE 'UTC') AS day, server, db_user, count(*) AS tokens,
            count(DISTINCT role) AS roles, count(DISTINCT shipped_from) AS hosts, min(time) AS first, max(time) AS last
        FROM audit_fleet.login GROUP BY 1, 2, 3;

        -- Each log, and how long it has not been heard of.
        CREATE VIEW audit_fleet.host AS
        SELECT c.host, c.path, c.log_id, c.shipper, c.next_seq - 1 AS newest_row, c.newest_event, c.last_arrival,
            c.last_contact,
            clock_timestamp() - c.last_contact AS silence, c.longest_delay, c.held_by, c.ended,
            (SELECT count(*) FROM audit_fleet.finding f
                WHERE f.log_id = c.log_id AND f.acknowledged IS NULL) AS open_findings
        FROM audit_fleet.chain c;

        -- Logs whose shipper has not been here for an hour, and from which something is expected.
        CREATE VIEW audit_fleet.silent_host AS
        SELECT * FROM audit_fleet.host WHERE silence > interval '1 hour' AND ended IS NULL;
        """#
}
