#if Proxy
/// How local clients show who they are.
public struct LocalAuthentication: Sendable {
    /// Every local client that may connect is let in.
    public static let trust = LocalAuthentication()
}

/// The exchange with one client: messages in, messages out.
package struct LocalAuthenticationExchange: Sendable {
    /// What to do next.
    package enum Step: Sendable {
        /// Send these messages and wait for the client's next.
        case send([UInt8])
        /// Send these messages and go on to the server.
        case accepted([UInt8])
        /// Refuse the client.
        case refused(ClientError)
    }

    package init(_ authentication: LocalAuthentication, user: [UInt8]) {}

    package mutating func begin() -> Step { .accepted([]) }

    package mutating func receive(_ payload: [UInt8]) -> Step { .accepted([]) }
}
#endif
