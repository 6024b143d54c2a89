import RDSIAMBasics
import RDSIAMSystem
import Synchronization

/// Counts logins that failed before a server judged the token, so that a server that cannot be reached leaves a record
/// each minute and not one for each attempt.
final class UnjudgedLogins: Sendable {
    private struct Server: Hashable {
        let host: ByteText
        let port: Int

        init(_ request: AuthTokenRequest) {
            host = ByteText(request.host)
            port = request.port
        }
    }

    private struct Count {
        /// When a record was last due.
        var recorded: Date
        /// How many failures there have been since then.
        var pending = 0
    }

    /// Between two records about one server.
    private static let interval: TimeInterval = 60
    /// How many servers are counted at a time; beyond that, the one that was recorded first is forgotten.
    private static let capacity = 1000

    private let counts = Mutex<[Server: Count]>([:])

    /// Counts one failure.
    ///
    /// - Returns: How many failures to record now, this one included, or `nil` if the last record is too recent.
    func add(_ request: AuthTokenRequest, at time: Date) -> Int? {
        counts.withLock { counts in
            let server = Server(request)
            if var count = counts[server], Self.isRecent(count, at: time) {
                count.pending += 1
                counts[server] = count
                return nil
            }
            let due = 1 + (counts[server]?.pending ?? 0)
            if counts.count >= Self.capacity, let oldest = counts.min(by: { $0.value.recorded < $1.value.recorded }) {
                counts[oldest.key] = nil
            }
            counts[server] = Count(recorded: time)
            return due
        }
    }

    /// Returns what has been counted of a server that has judged a token, to be recorded before its verdict.
    ///
    /// - Returns: How many failures to record, or `nil` if there are none or the last record is too recent.
    func flush(_ request: AuthTokenRequest, at time: Date) -> Int? {
        counts.withLock { counts in
            guard !counts.isEmpty, let count = counts[Server(request)], !Self.isRecent(count, at: time) else {
                return nil
            }
            counts[Server(request)] = count.pending > 0 ? Count(recorded: time) : nil
            return count.pending > 0 ? count.pending : nil
        }
    }

    /// A clock that was set back ends the minute.
    private static func isRecent(_ count: Count, at time: Date) -> Bool {
        (0..<interval).contains(time.timeIntervalSince(count.recorded))
    }
}
