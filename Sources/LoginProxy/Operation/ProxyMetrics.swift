#if Proxy
/// Counts what a proxy does.
public final class ProxyMetrics: Sendable {
    /// Why a client was turned away.
    package struct RefusalReason: Sendable, Hashable {
        package let name: String
        package static let connectionLimit = Self(name: "connection_limit")
        package static let loginLimit = Self(name: "login_limit")
        package static let draining = Self(name: "draining")
        package static let protocolViolation = Self(name: "protocol_violation")
        package static let peer = Self(name: "peer")
        package static let localPassword = Self(name: "local_password")
        package static let policy = Self(name: "policy")
        package static let timeout = Self(name: "timeout")
    }

    /// Creates counters at zero.
    public init() {}

    package func connectionOpened() {}
    package func connectionClosed() {}
    package func loginSucceeded(seconds: Double) {}
    package func loginFailed(sqlState: String) {}
    package func refused(_ reason: RefusalReason) {}
    package func cancelForwarded() {}
    package func cancelIgnored() {}
    package func sessionOpened() {}
    package func sessionClosed() {}
    package func transferred(fromClient: Int, fromServer: Int) {}
    package func tokenUsed(age: Double) {}
}
#endif
