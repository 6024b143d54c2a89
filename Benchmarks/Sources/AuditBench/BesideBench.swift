import Foundation
import Synchronization
import TokenAuditLog

/// How long tokens wait for their records while the log is verified, again and again.
struct BesideBench {
    let path: String
    let verifications = 3

    func run() async throws {
        let log = try await AuditLog.open(path)
        let journal = Peer.journal(of: path)
        let quiet = try await waits(on: log) { try await Task.sleep(for: .seconds(3)) }
        report("alone, journal \(journal)", quiet)
        let rows = Mutex<Int64>(0)
        let busy = try await waits(on: log) {
            for _ in 0..<verifications {
                let verified = try await AuditLogReader.open(path).verify().rows
                rows.withLock { $0 += verified }
            }
        }
        report("beside \(verifications) verifications, \(rows.withLock { $0 }) rows", busy)
        await log.close()
    }

    /// The time that each of the tokens waits that are issued, one every ten milliseconds, while `work` lasts.
    private func waits(
        on log: AuditLog,
        during work: @escaping @Sendable () async throws -> Void
    ) async throws -> [Double] {
        let isDone = Mutex(false)
        async let issuing = issue(to: log) { isDone.withLock { $0 } }
        try await work()
        isDone.withLock { $0 = true }
        return try await issuing
    }

    private func issue(to log: AuditLog, until isDone: @Sendable () -> Bool) async throws -> [Double] {
        var waits: [Double] = []
        while !isDone() {
            let event = Workload.event(waits.count)
            let cost = try await Cost.each(of: 1) { try await log.record(event) }
            waits.append(cost.seconds)
            try await Task.sleep(for: .milliseconds(10))
        }
        return waits.sorted()
    }

    private func report(_ name: String, _ waits: [Double]) {
        func at(_ share: Double) -> String { fixed(waits[Int(Double(waits.count - 1) * share)] * 1e3, 1) }
        print("\(name): \(waits.count) tokens waited \(at(0.5)) ms median, \(at(0.99)) ms p99, \(at(1)) ms at most")
    }
}
