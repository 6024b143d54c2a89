import AuditFleet
import Foundation
import LibpqClient
import TestSupport
import Testing
import TokenAuditLog

/// How long a token waits beside the shipper is measured by `fleet-bench beside`: a busy machine makes every wait long.
@Suite("Beside a busy writer", .timeLimit(.minutes(5)))
struct BesideWriterTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("Tokens are recorded while the shipper waits for the fleet, and arrive")
    func beside() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        let path = folder.path("log")
        try await Logs.write(8_000, to: path)
        let log = try await AuditLog.open(path, configuration: Logs.quiet)
        let blocker = try await database.connect()
        _ = try await blocker.execute("BEGIN; LOCK TABLE audit_fleet.event")
        let shipping = Task { try await database.ship(path, as: user) }
        #expect(try await comesTrue { try await database.waitingShippers() == 1 })
        for number in 0..<50 { try await log.record(Logs.event(number)) }
        #expect(try await database.waitingShippers() == 1)
        _ = try await blocker.execute("ROLLBACK")
        // It goes on beside a writer that does not stop.
        let writing = Task {
            var number = 0
            while !Task.isCancelled {
                try await log.record(Logs.event(number))
                number += 1
            }
        }
        let shipment = try await shipping.value
        #expect(shipment.isSound && shipment.stored >= 8_000)
        writing.cancel()
        _ = await writing.result
        await log.close()
        #expect(try await database.ship(path, as: user).isSound)
        #expect(try await database.fleet().verify(heads: [try await Logs.head(of: path)]).isIntact)
        await blocker.close()
    }
}
