#if Proxy
import AuthTokens
import Foundation
import Synchronization

@testable import LoginProxy

/// Issues tokens that can be told apart, and records what the issuer writes down.
final class TokenMint: TokenAuditRecorder {
    private let made = Mutex(0)
    private let recorded = Mutex<[TokenEvent]>([])

    /// How many tokens were made.
    var count: Int { made.withLock { $0 } }
    /// All events so far.
    var events: [TokenEvent] { recorded.withLock { $0 } }
    var activities: [String] { events.map(\.activity.rawValue) }

    func record(_ event: TokenEvent) async throws { recorded.withLock { $0.append(event) } }

    /// The text of a token.
    static func text(_ number: Int) -> String { "the-secret-token-number-\(number)" }

    func issuer(isRequired: Bool = true) -> TokenIssuer {
        let generators = AuthTokenGeneratorRegistry([
            .init("default") {
                ClosureTokenGenerator(lifetime: .seconds(900)) { _ in
                    Self.text(
                        self.made.withLock { made in
                            made += 1
                            return made
                        }
                    )
                }
            }
        ])
        return TokenIssuer(generators: generators, audit: isRequired ? .required(self) : .bestEffort(self))
    }
}

/// What a scripted server does up to the point that a test is about.
enum Login {
    /// Accepts TLS and reads the startup packet.
    static func begin(_ end: WireEnd) async throws -> [UInt8] {
        _ = try await end.read(8)
        try await end.acceptTLS(TestCertificate.shared.context)
        return try await end.readPacket()
    }

    /// Asks for the password, and returns it.
    static func password(_ end: WireEnd) async throws -> String {
        try await end.send(Message.passwordRequest)
        let message = try await end.readMessage()
        return String(decoding: message.body.dropLast(), as: UTF8.self)
    }

    /// Lets everyone in, with a key.
    static func accept(_ end: WireEnd, key: [UInt8] = [1, 2, 3, 4]) async throws {
        _ = try await begin(end)
        _ = try await password(end)
        try await end.send(Message.accepted + Message.key(77, key) + Message.ready)
    }
}

extension [UInt8] {
    /// The text of the fields of an ErrorResponse, by their letter.
    var errorFields: [Character: String] {
        guard first == UInt8(ascii: "E") else { return [:] }
        var (fields, rest) = ([Character: String](), self[5...])
        while let code = rest.first, code != 0, let end = rest.dropFirst().firstIndex(of: 0) {
            fields[Character(UnicodeScalar(code))] = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
        }
        return fields
    }
}
#endif
