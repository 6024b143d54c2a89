#if Proxy
import RDSIAMBasics
import Synchronization

/// Counts what a proxy does, for Prometheus.
///
/// Counting takes one atomic addition on the way of bytes, and a lock that is held for nanoseconds once in a login.
package final class ProxyMetrics: Sendable {
    /// Why a client was turned away, as a label of a metric.
    package struct RefusalReason: Sendable, Hashable {
        package let name: String

        /// `--max-connections` is reached.
        package static let connectionLimit = Self(name: "connection_limit")
        /// Too many clients log in at the same time, or have connected and say nothing.
        package static let loginLimit = Self(name: "login_limit")
        /// The proxy is shutting down.
        package static let draining = Self(name: "draining")
        /// The TLS handshake with the client failed.
        package static let tls = Self(name: "tls")
        /// The client does not speak the protocol.
        package static let protocolViolation = Self(name: "protocol_violation")
        /// The client's process belongs to another user.
        package static let peer = Self(name: "peer")
        /// The client does not know the local password.
        package static let localPassword = Self(name: "local_password")
        /// The user or the database is not the one that is served.
        package static let policy = Self(name: "policy")
        /// The client took too long to say who it is.
        package static let timeout = Self(name: "timeout")
    }

    let opened = Atomic<Int>(0)
    let closed = Atomic<Int>(0)
    let sessionsOpened = Atomic<Int>(0)
    let sessionsClosed = Atomic<Int>(0)
    let cancelsForwarded = Atomic<Int>(0)
    let cancelsIgnored = Atomic<Int>(0)
    let cancelsFailed = Atomic<Int>(0)
    let bytesFromClients = Atomic<Int>(0)
    let bytesFromServers = Atomic<Int>(0)
    let details = Mutex(Details())

    /// What has labels or several parts, and is counted at most once in a login.
    struct Details {
        var refusals: [RefusalReason: Int] = [:]
        var failures: [ByteText: Int] = [:]
        var logins = Histogram(bounds: Histogram.loginBounds)
        /// When the token of the latest login was signed, or `nil` before the first.
        var tokenSigned: ContinuousClock.Instant?
    }

    /// Creates counters at zero.
    package init() {}

    package func connectionOpened() { opened.add(1, ordering: .relaxed) }
    package func connectionClosed() { closed.add(1, ordering: .relaxed) }
    package func sessionOpened() { sessionsOpened.add(1, ordering: .relaxed) }
    package func sessionClosed() { sessionsClosed.add(1, ordering: .relaxed) }
    package func cancelForwarded() { cancelsForwarded.add(1, ordering: .relaxed) }
    package func cancelIgnored() { cancelsIgnored.add(1, ordering: .relaxed) }
    package func cancelFailed() { cancelsFailed.add(1, ordering: .relaxed) }

    package func transferred(fromClient: Int, fromServer: Int) {
        if fromClient > 0 { bytesFromClients.add(fromClient, ordering: .relaxed) }
        if fromServer > 0 { bytesFromServers.add(fromServer, ordering: .relaxed) }
    }

    package func loginSucceeded(seconds: Double) { details.withLock { $0.logins.record(seconds) } }

    package func loginFailed(sqlState: String) {
        details.withLock { $0.countFailure(sqlState) }
    }

    package func refused(_ reason: RefusalReason) { details.withLock { $0.refusals[reason, default: 0] += 1 } }

    /// - Parameter age: The seconds since the token was signed.
    package func tokenUsed(age: Double) {
        // A clock that was set back makes a token look as if it came from the future.
        let signed = ContinuousClock.now - .seconds(min(max(0, age), 86400))
        details.withLock { $0.tokenSigned = signed }
    }
}

extension ProxyMetrics.Details {
    /// How many different SQLSTATEs are told apart: a server may invent any.
    private static let failureLimit = 50

    fileprivate mutating func countFailure(_ sqlState: String) {
        let isKnown = failures[ByteText(sqlState)] != nil || failures.count < Self.failureLimit
        failures[ByteText(isKnown ? sqlState : "other"), default: 0] += 1
    }
}

/// How many values lie at or below each of some bounds.
struct Histogram: Sendable {
    let bounds: [Double]
    private(set) var counts: [Int]
    private(set) var sum = 0.0

    /// Bounds in seconds for logins: a millisecond on one machine, seconds where IAM is slow.
    static let loginBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    mutating func record(_ value: Double) {
        guard value.isFinite, value >= 0 else { return }
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }

    var count: Int { counts.reduce(0, +) }

    /// For each bound, how many values lie at or below it.
    var cumulative: [Int] {
        var total = 0
        return counts.dropLast().map { count in
            total += count
            return total
        }
    }
}
#endif
