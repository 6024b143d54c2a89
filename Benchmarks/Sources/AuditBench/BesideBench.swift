import BenchSupport
import Foundation
import Synchronization
import TokenAuditLog

/// How long tokens wait for their records while the log is verified, again and again.
struct BesideBench {
    let path: String
    let verifications = 3

    func run() async throws {
        let log = try await AuditLog.open(path)
        let record: @Sendable (Int) async throws -> Void = { try await log.record(Workload.event($0)) }
        let quiet = try await Waits(for: record) { try await Task.sleep(for: .seconds(3)) }
        print("alone, journal \(Peer.journal(of: path)): \(quiet)")
        let rows = Mutex<Int64>(0)
        let busy = try await Waits(for: record) {
            for _ in 0..<verifications {
                let verified = try await AuditLogReader.open(path).verify().rows
                rows.withLock { $0 += verified }
            }
        }
        print("beside \(verifications) verifications, \(rows.withLock { $0 }) rows: \(busy)")
        await log.close()
    }
}
