import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

/// The forms that the gem's `PG.connect` takes.
@Suite("A login", .timeLimit(.minutes(3)))
struct FormTests {
    private static let generator = "aws_rds_iam_auth_token_generator"

    private func query(_ server: RDSLookalike) -> String {
        "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=\(server.facts.ca)&\(Self.generator)=default"
    }

    private func uri(_ server: RDSLookalike, _ user: String) -> String {
        "postgresql://\(user)@\(server.facts.host):\(server.facts.port)/postgres?\(query(server))"
    }

    private func database(_ connection: PGConnection) async throws -> String? {
        try await connection.value("select current_user || '@' || current_database()")
    }

    @Test("takes a URI, a string, a dictionary, parsed parameters, and a URI with a dictionary over it")
    func forms() async throws {
        let server = try await RDSLookalike.start(["--user", "forms", "--user", "other", "--database", "blog"])
        let issuer = try server.issuer()
        let uri = uri(server, "forms")
        let dictionary = [
            "host": server.facts.host, "hostaddr": "127.0.0.1", "port": "\(server.facts.port)", "user": "forms",
            "dbname": "postgres", "sslmode": "verify-full", "sslrootcert": server.facts.ca, Self.generator: "default",
        ]
        func connected(
            _ parameters: some ConnectionParameters,
            overriding others: [String: String] = [:]
        ) async throws -> String? {
            let connection = try await RDSIAM.connect(
                parameters,
                overriding: others,
                issuer: issuer,
                environment: .bare
            )
            return try await database(connection)
        }
        #expect(try await connected(uri) == "forms@postgres")
        #expect(try await connected(server.tokenConninfo(user: "forms")) == "forms@postgres")
        #expect(try await connected(dictionary) == "forms@postgres")
        let parsed = try Conninfo.parse(uri, dialect: .linked, extensions: .init(issuer.generators))
        #expect(try await connected(parsed) == "forms@postgres")
        for form in [uri, server.tokenConninfo(user: "forms")] {
            #expect(try await connected(form, overriding: ["dbname": "blog"]) == "forms@blog")
            #expect(try await connected(form, overriding: ["user": "other", "dbname": "blog"]) == "other@blog")
        }
        #expect(try await connected(dictionary, overriding: ["dbname": "blog"]) == "forms@blog")
        #expect(try await connected(parsed, overriding: ["dbname": "blog"]) == "forms@blog")
        // Without the word in the string: the dictionary brings it.
        let plain = server.conninfo(user: "forms") + " sslrootcert=\(server.facts.ca)"
        #expect(try await connected(plain, overriding: [Self.generator: "default"]) == "forms@postgres")
        #expect(try server.verdicts(on: "forms").allSatisfy { $0.verdict == "accepted" })
        #expect(try server.verdicts(on: "other").map(\.verdict) == ["accepted", "accepted"])
    }

    @Test("takes what is not said from the environment, as libpq does")
    func defaults() async throws {
        let server = try await SharedServer.value
        let environment = ConninfoEnvironment(
            variables: [
                "PGHOST": server.facts.host, "PGHOSTADDR": "127.0.0.1", "PGPORT": "\(server.facts.port)",
                "PGUSER": "user30", "PGDATABASE": "postgres", "PGSSLROOTCERT": server.facts.ca,
            ],
            userName: "nobody"
        )
        let connection = try await RDSIAM.connect(
            [Self.generator: "default"],
            issuer: server.issuer(),
            environment: environment
        )
        #expect(try await database(connection) == "user30@postgres")
    }

    private struct Stop: Error {}

    @Test("for a closure ends with it: when it returns, when it throws, and when its task is canceled")
    func scoped() async throws {
        let server = try await SharedServer.value
        let issuer = try server.issuer()
        let uri = uri(server, "user31")
        let seen = try await RDSIAM.withConnection(uri, issuer: issuer, environment: .bare) { connection in
            let name = try await database(connection)
            #expect(name == "user31@postgres")
            return connection
        }
        await expectClosed(seen)
        var other: PGConnection?
        await #expect(throws: Stop.self) {
            try await RDSIAM.withConnection(uri, issuer: issuer, environment: .bare) { connection in
                other = connection
                throw Stop()
            }
        }
        await expectClosed(try #require(other))
        let (connections, continuation) = AsyncStream.makeStream(of: PGConnection.self)
        let task = Task {
            try await RDSIAM.withConnection(uri, issuer: issuer, environment: .bare) { connection in
                continuation.yield(connection)
                _ = try await connection.execute("select pg_sleep(60)")
            }
        }
        var iterator = connections.makeAsyncIterator()
        let third = try #require(await iterator.next())
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await expectClosed(third)
        let superuser = try await server.superuser()
        #expect(try await comesTrue { try await !superuser.sees("usename = 'user31'") })
    }

    private func expectClosed(_ connection: PGConnection) async {
        let error = await #expect(throws: PGError.self) { try await connection.execute("select 1") }
        #expect(error?.code == .closed)
    }

    @Test("exchanges text in UTF-8 whatever the environment says, and refuses another encoding that it names")
    func encoding() async throws {
        let server = try await RDSLookalike.start(["--user", "text"])
        let superuser = try await server.superuser()
        for encoding in ["LATIN1", "SQL_ASCII"] {
            _ = try await superuser.execute(
                "create database db_\(encoding) encoding '\(encoding)' template template0 lc_collate 'C' lc_ctype 'C'"
            )
        }
        let issuer = try server.issuer()
        let environment = ConninfoEnvironment(variables: ["PGCLIENTENCODING": "LATIN1"], userName: "nobody")
        func connect(_ database: String, _ others: [String: String] = [:]) async throws -> PGConnection {
            try await RDSIAM.connect(
                server.tokenConninfo(user: "text"),
                overriding: others.merging(["dbname": database]) { $1 },
                issuer: issuer,
                environment: environment
            )
        }
        for database in ["postgres", "db_latin1", "db_sql_ascii"] {
            let connection = try await connect(database)
            #expect(try await connection.value("show client_encoding") == "UTF8")
            let row = try #require(try await connection.query("select 'café', $1::text", "naïve").rows.first)
            #expect(try row.decode(String.self, at: 0) == "café" && row.decode(String.self, at: 1) == "naïve")
        }
        // The server converts what it can, and has no text for the rest.
        let latin = try await connect("db_latin1")
        #expect(try await latin.value("select chr(233)") == "é")
        #expect(try await latin.value("select length('naïve')::text") == "5")
        let kanji = await #expect(throws: PGError.self) { try await latin.query("select $1::text", "日") }
        #expect(kanji?.code == .queryFailed && kanji?.sqlState == "22P05")
        // A database without an encoding may hold what is no UTF-8: an error, never another text.
        let bytes = try await connect("db_sql_ascii")
        let broken = await #expect(throws: PGError.self) { try await bytes.query("select chr(233)") }
        #expect(broken?.code == .queryFailed && broken?.sqlState == "22021")
        let named = await #expect(throws: RDSIAMError.self) {
            try await connect("postgres", ["client_encoding": "LATIN1"])
        }
        #expect(named?.code == .invalidRequest && named?.message.contains("client_encoding") == true)
        #expect((named?.underlyingError as? PGError)?.code == .unsupportedEncoding)
        for name in ["UTF8", "unicode", "auto"] {
            let connection = try await connect("postgres", ["client_encoding": name])
            #expect(try await connection.value("show client_encoding") == "UTF8")
        }
    }
}
