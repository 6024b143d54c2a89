import AuditFleet
import Foundation
import LibpqClient
import TokenAuditLog

/// Searches among many rows of many chains.
struct ListBench {
    let rows: Int
    let chains: Int

    func run() async throws {
        let connection = try await Database.make("fleet").connect()
        let fleet = Fleet(connection)
        try await fleet.install()
        try await fill(connection)
        try await fleet.install()
        await connection.close()
        try await Self.search()
    }

    /// Searches in what an earlier run has filled.
    static func search() async throws {
        let connection = try await Database(name: "fleet").connect()
        let fleet = Fleet(connection)
        for user in ["application_1", "application_777", "rare"] {
            var filter = AuditFilter()
            filter.user = user
            var times: [Double] = []
            var count = 0
            for _ in 0..<50 {
                let start = ContinuousClock.now
                count = try await fleet.entries(matching: filter, limit: 50).count
                times.append((ContinuousClock.now - start).inSeconds * 1000)
            }
            print(
                "newest 50 of \(user): \(count) rows, median \(fixed(median(times), 2)) ms, most \(fixed(times.max() ?? 0, 2)) ms"
            )
        }
        let start = ContinuousClock.now
        let count = try await fleet.entries(limit: 50).count
        print("newest \(count) of all: \(fixed((ContinuousClock.now - start).inSeconds * 1000, 1)) ms")
        await connection.close()
    }

    /// Fills the table with rows whose chains are no chains, over a year, a month at a time.
    private func fill(_ connection: PGConnection) async throws {
        _ = try await connection.execute(
            """
            SET synchronous_commit = off;
            INSERT INTO audit_fleet.chain (log_id, host, path, shipper, begins_after, begin_hash, next_seq, head_hash, newest_event)
            SELECT 'log ' || n, 'app-' || n, '/var/log', session_user, 0, sha256('x'), \(rows / chains + 1), sha256('x'), now()
            FROM generate_series(1, \(chains)) n;
            SELECT audit_fleet.make_partition(now() - n * interval '1 month') FROM generate_series(0, 12) n
            """
        )
        let steps = 100
        let share = rows / chains / steps
        for step in 0..<steps {
            _ = try await connection.execute(
                """
                INSERT INTO audit_fleet.event (chain_id, seq, time, db_user, chain_hash, payload)
                SELECT c, \(step * share) + n, t, u, sha256('x'), format(
                    '{"activity":"token.issue","actor":{"host":"app-%s","pid":1,"program":"app","uid":1,"user":"app"},"credential":{"access_key_id":"AKIDEXAMPLE","account":"123456789012","profile":"production","role_arn":"arn:aws:iam::123456789012:role/application","source":"profile"},"generator":{"name":"default"},"id":"01900000-0000-7000-8000-000000000000","outcome":"success","policy":"required","target":{"database":"blog","host":"cluster.c1a2b3c4d5e6.eu-central-1.rds.amazonaws.com","port":5432,"region":"eu-central-1","user":"%s"},"time_us":%s,"token":{"expires_us":%s,"sha256":"%s","signed_us":%s},"v":2}',
                    c, u, us, us + 900000000, encode(sha256(n::text::bytea), 'hex'), us)
                FROM generate_series(1, \(share)) n, generate_series(1, \(chains)) c,
                LATERAL (SELECT now() - interval '360 days' * (1 - (\(step * share) + n + c::float8 / 1000) / \(rows / chains)) AS t) a,
                LATERAL (SELECT CASE WHEN n = 17 AND c = 3 AND \(step) % 30 = 0 THEN 'rare' ELSE 'application_' || (n * 7 + c) % 1000 END AS u,
                    (extract(epoch FROM t) * 1000000)::bigint AS us) b
                """
            )
        }
        _ = try await connection.query("ANALYZE audit_fleet.event")
    }
}
