import AuditFleet
import LibpqClient
import Synchronization
import TestSupport
import Testing
import TokenAuditLog

/// A shipper that follows a log in a task of its own.
struct FollowingShipper: Sendable {
    private final class Counter: Sendable {
        let count = Mutex(0)
    }

    private let log: String
    private let counter: Counter
    private let task: Task<Shipment, any Error>

    /// Begins to ship a log, on connections that `connect` opens.
    init(_ log: String, waitsWhileHeld: Bool = false, _ connect: @escaping @Sendable () async throws -> PGConnection) {
        let counter = Counter()
        (self.log, self.counter) = (log, counter)
        task = Task {
            var shipper = LogShipper(log, host: "app-1")
            shipper.waitsWhileHeld = waitsWhileHeld
            return try await shipper.run(every: .milliseconds(20), connect: connect) { notice in
                if case .interrupted = notice { counter.count.withLock { $0 += 1 } }
            }
        }
    }

    /// How often it failed and tried again.
    var interruptions: Int { counter.count.withLock { $0 } }

    /// Waits until all rows of the log are in the fleet.
    func arrives(in database: FleetDatabase) async throws -> Bool {
        let rows = "\(try await Logs.head(of: log).sequence)"
        return try await comesTrue { try await database.value("SELECT count(*) FROM audit_fleet.event") == rows }
    }

    /// Cancels it, and waits for its end.
    func end() async throws {
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.finished() }
    }
}
