import AWSSigV4
import AuthTokens
import RDSIAMBasics
import RDSIAMSystem
import Testing

@testable import LoginDiagnosis

@Suite("What the text of a token says", .timeLimit(.minutes(2)))
struct TokenFactsTests {
    private static let time: Int64 = 1_790_000_000

    private func token(
        host: String = "db.abcdefghijkl.eu-west-2.rds.amazonaws.com",
        port: Int = 5432,
        user: String = "andrew",
        region: String = "eu-west-2",
        session: String? = nil
    ) throws -> String {
        try SigV4Signer().rdsToken(
            host: host,
            port: port,
            user: user,
            region: region,
            credentials: SigningCredentials(
                accessKeyID: "AKIAEXAMPLE",
                secretAccessKey: "secret",
                sessionToken: session
            ),
            at: Self.time
        )
    }

    @Test("is read without loss")
    func facts() throws {
        let facts = TokenFacts(reading: try token(port: 6543, user: "an drew"))
        #expect(facts.service == .rds && facts.action == "connect")
        #expect(facts.signingHost == "db.abcdefghijkl.eu-west-2.rds.amazonaws.com" && facts.signingPort == 6543)
        #expect(facts.region == "eu-west-2" && facts.user == "an drew" && facts.lifetime == 900)
        #expect(facts.signedAt?.timeIntervalSince1970 == Double(Self.time))
        #expect(facts.expiresAt?.timeIntervalSince1970 == Double(Self.time) + 900)
        #expect(facts.damage == nil)
    }

    @Test("is that of Aurora DSQL, which names no user and no port", arguments: [true, false])
    func dsql(_ isAdmin: Bool) throws {
        let text = try SigV4Signer().dsqlToken(
            host: "abcdefghijklmnopqrstuvwxyz.dsql.us-east-1.on.aws",
            isAdmin: isAdmin,
            region: "us-east-1",
            credentials: SigningCredentials(accessKeyID: "AKIAEXAMPLE", secretAccessKey: "secret"),
            at: Self.time
        )
        let facts = TokenFacts(reading: text)
        #expect(facts.service == .dsql && facts.action == (isAdmin ? "DbConnectAdmin" : "DbConnect"))
        #expect(facts.user == nil && facts.signingPort == nil && facts.damage == nil)
    }

    @Test(
        "is whole if a signer made it, whatever the user is called",
        arguments: [
            "a", "a b+c@d/é~&=", "%", "%2F", "\"", "'", "?", "a=b&c", "\u{1F600}", "X-Amz-Signature=", "://",
        ]
    )
    func whole(_ user: String) throws {
        for session in [nil, "TOK+/==", String(repeating: "IQoJb3JpZ2luX2VjE%2F", count: 50)] {
            let facts = TokenFacts(reading: try token(user: user, session: session))
            #expect(facts.damage == nil)
            #expect(facts.user.map(Array.init).map { $0.map(\.utf8.count) } == Array(user).map(\.utf8.count))
            #expect(facts.user?.isBytewiseEqual(to: user) == true)
        }
    }

    @Test("is damaged if its end is cut off, wherever")
    func cut() throws {
        let text = try token(session: "TOK+/==")
        for count in 0..<text.utf8.count {
            let facts = TokenFacts(reading: String(decoding: text.utf8.prefix(count), as: UTF8.self))
            #expect(facts.damage != nil || facts.service == nil, "\(count)")
        }
    }

    @Test("is damaged if shells, URIs or files changed it")
    func changed() throws {
        let text = try token(session: "TOK+/==")
        let damaged = [
            text + "\n", " " + text, "\"\(text)\"", "https://" + text, text.replacing("/?", with: "?"),
            text.replacing("&", with: " "), text.replacing("%2F", with: "%252F"), text.replacing("?", with: "%3F"),
            text.replacing("X-Amz-Date", with: "X-Amz-Dat"), text + "0", text.replacing("X-Amz-Algorithm=", with: "="),
            String(text.prefix { $0 != "&" }),
        ]
        for text in damaged { #expect(TokenFacts(reading: text).damage != nil, "\(text.prefix(60))") }
    }

    @Test("is nothing if it is no token", arguments: ["", "geheim", "a?b&c", "postgresql://a:b@c/d"])
    func noToken(_ text: String) {
        let facts = TokenFacts(reading: text)
        #expect(facts.service == nil && facts.damage == nil && facts.signingHost == nil)
    }

    @Test("is read before what the generator says, which knows the rest")
    func ofGenerator() throws {
        let end = Date(timeIntervalSince1970: 5)
        let issued = AuthToken(
            value: try token(),
            kind: .signed,
            signedAt: Date(timeIntervalSince1970: 1),
            expiresAt: end,
            credential: CredentialIdentity(source: "profile"),
            region: "us-east-1"
        )
        let facts = TokenFacts(issued)
        #expect(facts.signedAt?.timeIntervalSince1970 == Double(Self.time) && facts.region == "eu-west-2")
        #expect(facts.credential?.source == "profile")
        let password = TokenFacts(AuthToken(value: "geheim", signedAt: end, expiresAt: end))
        #expect(password.service == nil && password.expiresAt == end)
    }

    @Test("is not in its facts")
    func secret() throws {
        let text = try token(session: "SESSIONTOKEN")
        var dump = ""
        Swift.dump(TokenFacts(reading: text), to: &dump)
        let signature = try #require(text.split(separator: "=").last)
        #expect(!dump.contains(signature) && !dump.contains("SESSIONTOKEN") && !dump.contains("AKIAEXAMPLE"))
    }
}

@Suite("What libpq says of a failed login", .timeLimit(.minutes(1)))
struct ServerMessageTests {
    @Test("is a message for each of the server's, with SQLSTATE, detail and hint")
    func verbose() {
        let messages = [ServerMessage](
            libpqText: """
                connection to server at "10.0.0.1", port 5432 failed: FATAL:  28000: unable to accept connection
                DETAIL:  Session Id: 1
                HINT:  Wrong user to action mapping. user: admin, action: DbConnect
                LOCATION:  auth_failed, auth.c:337
                connection to server at "10.0.0.1", port 5432 failed: FATAL:  28P01: password authentication failed: x

                """
        )
        #expect(messages.map(\.sqlState) == ["28000", "28P01"] && messages.map(\.severity) == ["FATAL", "FATAL"])
        #expect(messages.map(\.text) == ["unable to accept connection", "password authentication failed: x"])
        #expect(messages[0].detail == "Session Id: 1" && messages[0].hint?.hasPrefix("Wrong user") == true)
    }

    @Test("is a message of libpq's own if the server said nothing")
    func own() {
        let text =
            "connection to server at \"::1\", port 5432 failed: server does not support SSL, but SSL was required\n"
        let messages = [ServerMessage](libpqText: text)
        #expect(messages.map(\.text) == ["server does not support SSL, but SSL was required"])
        #expect(messages[0].sqlState == nil && messages[0].severity == nil)
        #expect([ServerMessage](libpqText: "").isEmpty && [ServerMessage](libpqText: "DETAIL:  x").count == 1)
    }
}
