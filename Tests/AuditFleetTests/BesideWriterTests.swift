import AuditFleet
import Foundation
import LibpqClient
import Synchronization
import TestSupport
import Testing
import TokenAuditLog

@Suite("Beside a busy writer", .timeLimit(.minutes(5)))
struct BesideWriterTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The longest time that an event of `count` waited for its record, while `body` runs.
    private func longestWait(_ log: AuditLog, _ isOver: @Sendable () -> Bool) async throws -> [Duration] {
        var waits: [Duration] = []
        var number = 0
        while !isOver() {
            let start = ContinuousClock.now
            try await log.record(Logs.event(number))
            waits.append(.now - start)
            number += 1
        }
        return waits.sorted()
    }

    @Test("Shipping holds up a token by less than 100 ms, and what is written at the same time arrives")
    func beside() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        let path = folder.path("log")
        try await Logs.write(8_000, to: path)
        let log = try await AuditLog.open(path, configuration: Logs.quiet)
        let alone = Mutex(150)
        let before = try await longestWait(log) {
            alone.withLock { left in
                left -= 1
                return left < 0
            }
        }
        let isShipped = Mutex(false)
        let shipping = Task {
            let connection = try await database.connection(as: user)
            let shipment = try await LogShipper(path, host: "app-1").ship(over: connection)
            isShipped.withLock { $0 = true }
            await connection.close()
            return shipment
        }
        let during = try await longestWait(log) { isShipped.withLock { $0 } }
        let shipment = try await shipping.value
        await log.close()
        #expect(shipment.isSound && shipment.stored >= 8_000 && !during.isEmpty)
        // The machine's disk and its other work hold up tokens, too: what counts is what shipping adds.
        let (most, usual) = (during.last ?? .zero, before.last ?? .zero)
        #expect(most < usual + .milliseconds(100), "\(most) beside the shipper, \(usual) alone")
        print("tokens beside the shipper: \(during.count), longest \(most); alone: \(before.count), longest \(usual)")
        #expect(try await database.ship(path, as: user).isSound)
        #expect(try await database.fleet().verify(heads: [try await Logs.head(of: path)]).isIntact)
    }
}
