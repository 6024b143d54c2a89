#if Proxy
/// The login at a server, from the request for TLS to the first ReadyForQuery: bytes in, actions out.
///
/// A server lets the token in before it looks at the database, at limits and at whether the role may log in at all.
///
/// The token is never part of it: `sendPassword` is the one moment at which it may be sent, and it comes once, for a
/// request for a clear-text password inside TLS.
package struct UpstreamLogin: Sendable {
    /// What to do next.
    package enum Action: Sendable, Hashable {
        /// Begin the TLS handshake.
        case startTLS
        /// Answer the request for a password.
        case sendPassword
        /// The session has begun: send these bytes to the client, then forward everything.
        case accepted([UInt8])
        /// There is no session: close.
        case failed(Failure)
    }

    /// Why there is no session.
    package enum Failure: Error, Sendable, Hashable {
        /// The server said so.
        case refused(ServerError)
        /// The server asks for something that the proxy does not do, or breaks the protocol.
        case unacceptable(ClientError)
        /// The server closed the connection.
        case closed
    }

    /// How far a login has come.
    package enum Progress: Sendable, Hashable, Comparable {
        /// There is no TLS.
        case unencrypted
        /// There is TLS, and the token has not been sent.
        case encrypted
        /// The server has been sent the token.
        case tokenSent
        /// The server has let the token in.
        case tokenAccepted
    }

    private enum State: Sendable { case askedForTLS, startingTLS, loggingIn, sentPassword, startingSession, done }

    /// How far it has come, also after its end.
    package private(set) var progress = Progress.unencrypted

    private var state = State.askedForTLS
    private var reader = MessageReader()
    /// What came before the session, for the client.
    private var held: [UInt8] = []
    /// How much that may be once the server has let the token in: it may send any notice and any parameter then.
    private static let mostHeldBytes = 1 << 20

    /// What is sent first (PostgreSQL, "Message Formats", SSLRequest).
    package static let tlsRequest: [UInt8] = [0, 0, 0, 8, 4, 210, 22, 47]

    package init() {}

    /// Takes note that the TLS handshake is done, so that the startup packet may be sent.
    package mutating func tlsStarted() {
        guard state == .startingTLS else { return }
        (state, progress) = (.loggingIn, .encrypted)
    }

    /// Takes the bytes of one read.
    package mutating func receive(_ bytes: some Collection<UInt8>) -> [Action] {
        switch state {
        case .askedForTLS: [finish(answer(Array(bytes)))]
        // Bytes that pass by TLS.
        case .startingTLS: [finish(.failed(.protocolViolation("sent data before TLS was established")))]
        case .loggingIn, .sentPassword, .startingSession: messages(bytes)
        case .done: []
        }
    }

    /// Takes note that the server has closed the connection.
    package mutating func closed() -> [Action] {
        guard state != .done else { return [] }
        return [finish(.failed(.closed))]
    }

    private mutating func finish(_ action: Action) -> Action {
        switch action {
        case .accepted, .failed: state = .done
        case .startTLS: state = .startingTLS
        case .sendPassword: (state, progress) = (.sentPassword, .tokenSent)
        }
        return action
    }

    /// The server's answer to the request for TLS is one byte, and nothing may follow it in clear text.
    private func answer(_ bytes: [UInt8]) -> Action {
        switch bytes.first {
        case nil: .failed(.protocolViolation("sent nothing"))
        case UInt8(ascii: "S"):
            bytes.count == 1
                ? .startTLS : .failed(.protocolViolation("sent unencrypted data after it had agreed to TLS"))
        case UInt8(ascii: "N"):
            .failed(
                .unacceptable(
                    ClientError(
                        "08001",
                        "the server does not support SSL",
                        detail: "A token is never sent without TLS. Nothing was sent."
                    )
                )
            )
        default: .failed(.protocolViolation("did not answer the request for TLS"))
        }
    }

    private mutating func messages(_ bytes: some Collection<UInt8>) -> [Action] {
        reader.append(bytes)
        var actions: [Action] = []
        while state != .done {
            do throws(MessageReader.InvalidLength) {
                let isStarting = state == .startingSession
                let longest = { isStarting ? Self.mostHeldBytes : Self.longest($0) }
                guard let message = try reader.next(longest: longest) else { break }
                let action = isStarting ? actionOfStart(for: message) : action(for: message)
                guard let action else { continue }
                actions.append(finish(action))
            } catch  where state == .startingSession {
                actions.append(finish(.accepted(held + reader.takeRest())))
            } catch {
                actions.append(finish(.failed(.protocolViolation("sent an unexpected message before the login"))))
            }
        }
        return actions
    }

    /// The bounds of libpq for messages before the server's consent; no other messages may come.
    private static func longest(_ type: UInt8) -> Int {
        switch type {
        case UInt8(ascii: "R"): 2_000
        case UInt8(ascii: "E"), UInt8(ascii: "N"), UInt8(ascii: "v"): 30_000
        default: 0
        }
    }

    private mutating func action(for message: WireMessage) -> Action? {
        switch message.type {
        case UInt8(ascii: "R"): return authentication(message)
        case UInt8(ascii: "E"):
            return .failed(.refused(ServerError(message)))
        default:
            // Back until the session begins, so that a second login with another token does not show.
            held += message.bytes
            guard held.count <= 60_000 else { return .failed(.protocolViolation("sent too much before the login")) }
            return nil
        }
    }

    /// What a message means between the consent and the session; one that is not known there is the client's affair.
    private mutating func actionOfStart(for message: WireMessage) -> Action? {
        if message.type == UInt8(ascii: "E") { return .failed(.refused(ServerError(message))) }
        held += message.bytes
        let isExpected = "SKN".utf8.contains(message.type) && held.count <= Self.mostHeldBytes
        return isExpected ? nil : .accepted(held + reader.takeRest())
    }

    private mutating func authentication(_ message: WireMessage) -> Action? {
        guard message.body.count >= 4 else { return .failed(.protocolViolation("sent a request that is too short")) }
        switch (message.body.bigEndianValue, state) {
        case (0, .sentPassword):
            held += message.bytes
            (state, progress) = (.startingSession, .tokenAccepted)
            return nil
        case (0, _): return .failed(.unacceptable(Self.notAsked))
        case (3, .loggingIn) where message.body.count == 4 && !reader.isMidMessage: return .sendPassword
        // More than the code would be an attempt to be taken for something else.
        case (3, _): return .failed(.protocolViolation("asked for the password again, or together with more"))
        case (let code, _): return .failed(.unacceptable(Self.unsupported(code)))
        }
    }

    private static let notAsked = ClientError(
        "28000",
        "the server did not ask for a token",
        detail: "It lets the user in without one, so it does not check who logs in. Nothing was sent."
    )

    private static func unsupported(_ code: UInt32) -> ClientError {
        let names: [UInt32: String] = [
            2: "Kerberos V5", 5: "an MD5 hash", 7: "GSSAPI", 9: "SSPI", 10: "SASL (SCRAM)",
        ]
        return ClientError(
            "28000",
            "the server asks for \(names[code] ?? "authentication method \(code)"), not for a token",
            detail: "The user may not be enabled for IAM. Nothing derived from the token was sent."
        )
    }
}

extension UpstreamLogin.Failure {
    fileprivate static func protocolViolation(_ what: String) -> Self {
        .unacceptable(ClientError("08P01", "the server \(what)"))
    }
}
#endif
