import AuditFleet
import Foundation
import LibpqClient
import TokenAuditLog

/// First fill, sending again, and verification.
struct FillBench {
    let rows: Int
    let logs: Int
    let rounds: Int

    func run() async throws {
        let folder = try FilledLogs(logs, rows: rows / logs)
        defer { folder.remove() }
        let paths = try await folder.paths()
        let dump = folder.url.appending(path: "rows").path
        var (fills, keyed, bare, again) = ([Double](), [Double](), [Double](), [Double]())
        for round in 1...rounds {
            let database = try await Database.make("fleet")
            try await withFleet(database) { try await $0.install() }
            fills.append(try await ship(paths, to: database, isAgain: false))
            if round == 1 {
                _ = try database.psql(
                    "\\copy (select chain_id, seq, time, db_user, chain_hash, payload, raw from audit_fleet.event order by 1, 2) to '\(dump)'"
                )
            }
            try copy(dump, &keyed, &bare, try await Database.make("peer"))
            again.append(try await ship(paths, to: database, isAgain: true))
            try await verify(database)
        }
        report("psql COPY, no key", bare)
        report("psql COPY, same primary key", keyed)
        report("first fill, verified", fills)
        report("all sent again, compared", again)
        let share = median(keyed) / median(fills) * 100
        print(
            "first fill at \(fixed(share)) % of COPY's rate with the key, \(fixed(median(bare) / median(fills) * 100)) % without"
        )
        print("sent again in \(fixed(median(again) / median(fills) * 100)) % of the first fill's time")
    }

    private func report(_ name: String, _ seconds: [Double]) {
        let rate = Double(rows) / median(seconds)
        let all = seconds.map { fixed($0) }.joined(separator: ", ")
        print("\(name): \(Int(rate)) rows/s, median of \(all) s for \(rows) rows")
    }

    private func withFleet(_ database: Database, _ body: (Fleet) async throws -> Void) async throws {
        let connection = try await database.connect()
        try await body(Fleet(connection))
        await connection.close()
    }

    /// Ships all logs at once, and returns how many seconds it took.
    private func ship(_ paths: [String], to database: Database, isAgain: Bool) async throws -> Double {
        let start = ContinuousClock.now
        let stored = try await withThrowingTaskGroup(of: Int64.self) { group in
            for (index, path) in paths.enumerated() {
                group.addTask {
                    let connection = try await database.connect()
                    let shipper = LogShipper(path, host: "app-\(index)")
                    let shipment =
                        isAgain
                        ? try await shipper.ship(over: connection, from: 0) : try await shipper.ship(over: connection)
                    await connection.close()
                    guard shipment.isSound else { throw Failure(description: "Not all fits: \(shipment).") }
                    return shipment.stored
                }
            }
            return try await group.reduce(0, +)
        }
        let seconds = (ContinuousClock.now - start).inSeconds
        guard isAgain ? stored == 0 : stored >= rows else { throw Failure(description: "\(stored) rows were stored.") }
        return seconds
    }

    private func copy(_ dump: String, _ keyed: inout [Double], _ bare: inout [Double], _ peer: Database) throws {
        let columns =
            "chain_id int, seq bigint, time timestamptz, db_user text, chain_hash bytea, payload text, raw bytea"
        _ = try peer.psql(
            "create table bare (\(columns))",
            "create table keyed (\(columns), primary key (chain_id, seq, time))"
        )
        keyed.append(try peer.psql("\\copy keyed from '\(dump)'"))
        bare.append(try peer.psql("\\copy bare from '\(dump)'"))
    }

    private func verify(_ database: Database) async throws {
        try await withFleet(database) { fleet in
            let start = ContinuousClock.now
            let verification = try await fleet.verify()
            let seconds = (ContinuousClock.now - start).inSeconds
            guard verification.isIntact else { throw Failure(description: "The fleet is not intact.") }
            print(
                "verification: \(Int(Double(verification.rows) / seconds)) rows/s, \(verification.rows) rows in \(fixed(seconds)) s"
            )
        }
    }
}
