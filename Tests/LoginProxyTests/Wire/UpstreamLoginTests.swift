#if Proxy
import Testing

@testable import LoginProxy

@Suite("The login at a server, without a server", .timeLimit(.minutes(1)))
struct UpstreamLoginTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        /// What the server sends in TLS, read by read.
        let reads: [[UInt8]]
        let actions: [String]
        var testDescription: String { name }
    }

    static let consent = Message.accepted + Message.key(1, [1, 2, 3, 4]) + Message.ready

    static let cases = [
        Case(name: "a login", reads: [Message.passwordRequest, consent], actions: ["password", "accepted"]),
        Case(
            name: "one byte at a time",
            reads: Message.passwordRequest.map { [$0] } + consent.map { [$0] },
            actions: ["password", "accepted"]
        ),
        Case(
            name: "a negotiation of the version before the password",
            reads: [Message.negotiation(0), Message.passwordRequest, consent],
            actions: ["password", "accepted"]
        ),
        Case(name: "no request", reads: [consent], actions: ["28000 the server did not ask for a token"]),
        Case(name: "Kerberos", reads: [Message.authentication(2)], actions: [unsupported("Kerberos V5")]),
        Case(
            name: "MD5",
            reads: [Message.authentication(5, [1, 2, 3, 4])],
            actions: [unsupported("an MD5 hash")]
        ),
        Case(name: "GSSAPI", reads: [Message.authentication(7)], actions: [unsupported("GSSAPI")]),
        Case(name: "SSPI", reads: [Message.authentication(9)], actions: [unsupported("SSPI")]),
        Case(
            name: "SCRAM",
            reads: [Message.authentication(10, Array("SCRAM-SHA-256\0\0".utf8))],
            actions: [unsupported("SASL (SCRAM)")]
        ),
        Case(
            name: "a method of the future",
            reads: [Message.authentication(99)],
            actions: [unsupported("authentication method 99")]
        ),
        Case(
            name: "the password twice",
            reads: [Message.passwordRequest, Message.passwordRequest],
            actions: ["password", "08P01 the server asked for the password again, or together with more"]
        ),
        Case(
            name: "the password together with more",
            reads: [Message.passwordRequest + Message.authentication(5, [1, 2, 3, 4])],
            actions: ["08P01 the server asked for the password again, or together with more"]
        ),
        Case(
            name: "a longer request for the password",
            reads: [Message.authentication(3, [0])],
            actions: ["08P01 the server asked for the password again, or together with more"]
        ),
        Case(
            name: "another method after the password",
            reads: [Message.passwordRequest, Message.authentication(5, [1, 2, 3, 4])],
            actions: ["password", unsupported("an MD5 hash")]
        ),
        Case(name: "a refusal before", reads: [Message.refusal("53300")], actions: ["refused 53300 encrypted"]),
        Case(
            name: "a refusal after",
            reads: [Message.passwordRequest, Message.refusal("28000")],
            actions: ["password", "refused 28000 tokenSent"]
        ),
        Case(
            name: "a refusal after the consent",
            reads: [Message.passwordRequest, Message.accepted + Message.make("S", [65, 0, 66, 0])]
                + Message.refusal("3D000").map { [$0] },
            actions: ["password", "refused 3D000 tokenAccepted"]
        ),
        Case(
            name: "a consent without a session",
            reads: [Message.passwordRequest, Message.accepted + Message.key(1, [1, 2, 3, 4])],
            actions: ["password"]
        ),
        Case(
            name: "a message of the future after the consent",
            reads: [Message.passwordRequest, Message.accepted + Message.make("!", [])],
            actions: ["password", "accepted"]
        ),
        Case(
            name: "what is no message after the consent",
            reads: [Message.passwordRequest, Message.accepted, [UInt8(ascii: "S"), 0, 0, 0, 0]],
            actions: ["password", "accepted"]
        ),
        Case(
            name: "more notices after the consent than are held back",
            reads: [Message.passwordRequest, Message.accepted]
                + Array(repeating: Message.make("N", Array(repeating: 65, count: 500_000)), count: 3),
            actions: ["password", "accepted"]
        ),
        Case(
            name: "a refusal without a state",
            reads: [Message.passwordRequest, Message.error([])],
            actions: ["password", "refused none tokenSent"]
        ),
        Case(name: "a row before the login", reads: [Message.make("D", [0, 0])], actions: [unexpected]),
        Case(
            name: "a request that is too short",
            reads: [Message.make("R", [0])],
            actions: ["08P01 the server sent a request that is too short"]
        ),
        Case(
            name: "a length beyond all bounds",
            reads: [[UInt8(ascii: "R"), 0x7F, 0xFF, 0xFF, 0xFF]],
            actions: [unexpected]
        ),
        Case(name: "a negative length", reads: [[UInt8(ascii: "E"), 0xFF, 0xFF, 0xFF, 0xFF]], actions: [unexpected]),
        Case(
            name: "notices without end",
            reads: Array(repeating: Message.make("N", Array(repeating: 65, count: 20_000)), count: 4),
            actions: ["08P01 the server sent too much before the login"]
        ),
    ]

    static let unexpected = "08P01 the server sent an unexpected message before the login"
    static func unsupported(_ name: String) -> String { "28000 the server asks for \(name), not for a token" }

    private static func text(_ action: UpstreamLogin.Action, _ login: UpstreamLogin) -> String {
        switch action {
        case .startTLS: "tls"
        case .sendPassword: "password"
        case .accepted: "accepted"
        case .failed(.refused(let error)): "refused \(error.sqlState ?? "none") \(login.progress)"
        case .failed(.unacceptable(let error)): "\(error.sqlState) \(error.message)"
        case .failed(.closed): "closed \(login.progress)"
        }
    }

    private func inTLS() -> UpstreamLogin {
        var login = UpstreamLogin()
        _ = login.receive([UInt8(ascii: "S")])
        login.tlsStarted()
        return login
    }

    @Test("Messages lead to actions", arguments: cases)
    func table(_ test: Case) {
        var login = inTLS()
        let actions = test.reads.flatMap { login.receive($0) }
        #expect(actions.map { Self.text($0, login) } == test.actions)
        // After the end, nothing leads to anything.
        if test.actions.last != "password" { #expect(login.receive(Message.passwordRequest).isEmpty) }
    }

    @Test(
        "Only a single S leads to TLS",
        arguments: [
            ("S", "tls"), ("N", "08001 the server does not support SSL"),
            ("SS", "08P01 the server sent unencrypted data after it had agreed to TLS"),
            ("SR", "08P01 the server sent unencrypted data after it had agreed to TLS"),
            ("NR", "08001 the server does not support SSL"),
            ("G", "08P01 the server did not answer the request for TLS"),
            ("E", "08P01 the server did not answer the request for TLS"), ("", "08P01 the server sent nothing"),
        ]
    )
    func tls(_ answer: String, _ action: String) {
        var login = UpstreamLogin()
        let actions = login.receive(Array(answer.utf8))
        #expect(actions.map { Self.text($0, login) } == [action])
    }

    @Test("A request for the password before TLS leads to no password")
    func early() {
        var login = UpstreamLogin()
        _ = login.receive([UInt8(ascii: "S")])
        let actions = login.receive(Message.passwordRequest)
        #expect(actions.map { Self.text($0, login) } == ["08P01 the server sent data before TLS was established"])
    }

    @Test("What comes before the session waits for it, and what comes with it goes along")
    func held() {
        var login = inTLS()
        let negotiation = Message.negotiation(2, ["_pq_.new"])
        _ = login.receive(negotiation + Message.passwordRequest)
        #expect(login.receive(Self.consent + [1, 2]) == [.accepted(negotiation + Self.consent + [1, 2])])
    }

    @Test("An end of the connection is told once, with how far the login had come")
    func closed() {
        var login = inTLS()
        for (message, end) in [
            ([], "encrypted"), (Message.passwordRequest, "tokenSent"), (Message.accepted, "tokenAccepted"),
        ] {
            _ = login.receive(message)
            var copy = login
            #expect(copy.closed().map { Self.text($0, copy) } == ["closed \(end)"])
            #expect(copy.closed().isEmpty)
        }
    }
}
#endif
