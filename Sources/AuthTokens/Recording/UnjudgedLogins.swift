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

    /// Logins that failed, to be recorded together.
    struct Failures: Sendable {
        /// What the latest of them was about.
        let request: AuthTokenRequest
        let generator: String
        let errorCode: String?
        /// The process for which it was: another may have it recorded.
        let actor = TokenEvent.LocalProcess.current
        var count = 1

        /// These and earlier ones.
        fileprivate func adding(_ earlier: Failures?) -> Failures {
            var sum = self
            sum.count += earlier?.count ?? 0
            return sum
        }
    }

    private struct Entry {
        /// When a record was last due.
        var recorded: Date
        /// The failures since then.
        var pending: Failures?
    }

    /// Between two records about one server.
    private static let interval: TimeInterval = 60
    /// How many servers are counted at a time; beyond that, the one that was recorded first is forgotten.
    private static let capacity = 1000

    private let entries = Mutex<[Server: Entry]>([:])

    /// Counts one failure.
    ///
    /// - Returns: What to record now; nothing if the last record is too recent.
    func add(_ failure: Failures, at time: Date) -> [Failures] {
        entries.withLock { entries in
            let server = Server(failure.request)
            let sum = failure.adding(entries[server]?.pending)
            if let entry = entries[server], Self.isRecent(entry, at: time) {
                entries[server]?.pending = sum
                return []
            }
            var due = [sum]
            if entries[server] == nil, entries.count >= Self.capacity,
                let oldest = entries.min(by: { $0.value.recorded < $1.value.recorded })
            {
                entries[oldest.key] = nil
                if let pending = oldest.value.pending { due.insert(pending, at: 0) }
            }
            entries[server] = Entry(recorded: time)
            return due
        }
    }

    /// Returns what has been counted of a server that has judged a token, to be recorded before its verdict.
    ///
    /// - Returns: What to record, or `nil` if there is nothing or the last record is too recent.
    func flush(_ request: AuthTokenRequest, at time: Date) -> Failures? {
        entries.withLock { entries in
            guard !entries.isEmpty, let entry = entries[Server(request)], !Self.isRecent(entry, at: time) else {
                return nil
            }
            entries[Server(request)] = entry.pending == nil ? nil : Entry(recorded: time)
            return entry.pending
        }
    }

    /// Returns all that has been counted, and forgets it.
    func flushAll() -> [Failures] {
        entries.withLock { entries in
            defer { entries = [:] }
            return entries.values.compactMap(\.pending)
        }
    }

    /// A clock that was set back ends the minute.
    private static func isRecent(_ entry: Entry, at time: Date) -> Bool {
        (0..<interval).contains(time.timeIntervalSince(entry.recorded))
    }
}
