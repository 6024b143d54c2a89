import AuditFleet
import BenchSupport
import Foundation
import LibpqClient
import TokenAuditLog

/// How long tokens wait for their records while the log is shipped, again and again.
struct BesideBench {
    let rows: Int
    let shipments = 5

    func run() async throws {
        let folder = try FilledLogs(1, rows: rows)
        defer { folder.remove() }
        let path = try await folder.paths()[0]
        let database = try await Database.make("fleet")
        let connection = try await database.connect()
        try await Fleet(connection).install()
        let log = try await AuditLog.open(path)
        let record: @Sendable (Int) async throws -> Void = { try await log.record(FilledLogs.event("\($0)")) }
        print("alone: \(try await Waits(for: record) { try await Task.sleep(for: .seconds(3)) })")
        let busy = try await Waits(for: record) {
            for _ in 0..<shipments {
                let shipment = try await LogShipper(path, host: "app-1").ship(over: connection, from: 0)
                guard shipment.isSound else { throw Failure(description: "Not all fits: \(shipment).") }
            }
        }
        print("beside \(shipments) shipments of \(rows) rows: \(busy)")
        await log.close()
        await connection.close()
    }
}
