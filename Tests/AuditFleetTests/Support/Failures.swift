import AuditFleet
import LibpqClient
import RDSIAMBasics
import Synchronization

/// Fails some times in a way that may pass, and then no more.
final class Failures: Sendable {
    struct Unreachable: RetryableError {
        var isRetryable: Bool { true }
    }

    private let left: Mutex<Int>

    init(_ count: Int) { left = Mutex(count) }

    func next() throws {
        let fails = left.withLock { left in
            left -= 1
            return left >= 0
        }
        if fails { throw Unreachable() }
    }
}

extension LogShipper {
    /// Ships from the first row on, whatever the fleet has: what a shipper that knows nothing might do.
    func shipAll(over connection: PGConnection) async throws -> Shipment {
        try await ship(over: connection, from: 0)
    }
}
