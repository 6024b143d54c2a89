#if Proxy
import RDSIAMBasics

/// What a client on this machine has to prove before the proxy logs in for it.
public struct LocalAuthentication: Sendable {
    let verifier: SCRAMVerifier?

    /// Nothing: every client that may connect is let in.
    ///
    /// It is for Unix-domain sockets, which let in only processes of one user. On a TCP port it lets every process of
    /// the machine log in to the database.
    public static let trust = LocalAuthentication(verifier: nil)

    /// That it knows a password, without sending it (SCRAM-SHA-256).
    ///
    /// - Parameter verifier: What the proxy knows about the password.
    public static func password(_ verifier: SCRAMVerifier) -> LocalAuthentication {
        LocalAuthentication(verifier: verifier)
    }

    /// Whether a client has to know a password.
    var requiresPassword: Bool { verifier != nil }
}

/// The exchange in which one client proves that it may use the proxy: messages in, messages out.
///
/// No answer depends on the user's name but the name in the refusal, so a client without the password does not learn
/// which users exist.
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

    private var exchange: SCRAMExchange?
    private let user: [UInt8]
    private var state = State.idle

    private enum State { case idle, awaitingFirst, awaitingFinal, over }

    /// PostgreSQL's own limit for a message of SASL (`PG_MAX_SASL_MESSAGE_LENGTH`).
    static let messageLimit = 1024

    /// - Parameter user: The user in the client's startup packet, for the text of a refusal.
    package init(_ authentication: LocalAuthentication, user: [UInt8]) {
        self.init(exchange: authentication.verifier.map { SCRAMExchange(verifier: $0) }, user: user)
    }

    init(exchange: SCRAMExchange?, user: [UInt8]) {
        self.exchange = exchange
        self.user = user
    }

    /// Returns what to send first.
    package mutating func begin() -> Step {
        guard exchange != nil else {
            state = .over
            return .accepted([])
        }
        state = .awaitingFirst
        return .send(Self.authentication(10, Array(SCRAMExchange.mechanism.utf8) + [0, 0]))
    }

    /// Takes the payload of the client's next message of type `p`.
    package mutating func receive(_ payload: [UInt8]) -> Step {
        do {
            guard payload.count <= Self.messageLimit else {
                throw SCRAMExchange.Failure.malformed("a message is too long")
            }
            switch state {
            case .awaitingFirst:
                state = .awaitingFinal
                return .send(Self.authentication(11, try first(payload)))
            case .awaitingFinal:
                state = .over
                return .accepted(Self.authentication(12, try exchange?.receiveFinal(payload) ?? []))
            case .idle, .over:
                throw SCRAMExchange.Failure.malformed("a message was not asked for")
            }
        } catch {
            state = .over
            return .refused(refusal(of: error))
        }
    }

    /// Reads SASLInitialResponse: the name of the mechanism, and its first message with its length.
    private mutating func first(_ payload: [UInt8]) throws(SCRAMExchange.Failure) -> [UInt8] {
        guard let end = payload.firstIndex(of: 0), payload.count >= end + 5 else {
            throw .malformed("the first message is cut off")
        }
        guard payload[..<end].elementsEqual(SCRAMExchange.mechanism.utf8) else { throw .otherMechanism }
        let length = payload[(end + 1)...(end + 4)].reduce(0) { $0 << 8 | Int64($1) }
        let message = payload[(end + 5)...]
        guard length == message.count, let answer = try exchange?.receiveFirst(Array(message)) else {
            throw .malformed("the first message has another length than it says")
        }
        return answer
    }

    private func refusal(of failure: any Error) -> ClientError {
        switch failure as? SCRAMExchange.Failure {
        case .malformed(let what):
            ClientError("08P01", "malformed SCRAM message", detail: "The login proxy says: \(what).")
        case .otherMechanism:
            ClientError("08P01", "client selected an invalid SASL authentication mechanism")
        case .channelBinding:
            ClientError(
                "08P01",
                "the login proxy's local password works without channel binding",
                hint: "Set channel_binding=prefer or channel_binding=disable in the client's connection string."
            )
        case .authorizationIdentity:
            ClientError("0A000", "client uses authorization identity, but it is not supported")
        case .wrongPassword, nil:
            ClientError(
                "28P01",
                "password authentication failed for user \"\(String(decoding: user, as: UTF8.self))\"",
                hint: "The login proxy asks for its own local password, not for the database's."
            )
        }
    }

    /// A whole message of type `R` (PostgreSQL, "Message Formats").
    private static func authentication(_ kind: UInt32, _ data: [UInt8]) -> [UInt8] {
        [UInt8(ascii: "R")] + UInt32(data.count + 8).bigEndianBytes + kind.bigEndianBytes + data
    }
}
#endif
