import AWSCredentialSources
import AWSGenerators
import AuthTokens
import PGConninfo
import PGRDSIAM
import Synchronization
import TestSupport
import Testing

@Suite("A keyword of a generator", .timeLimit(.minutes(5)))
struct KeywordTests {
    /// An issuer whose generator `house` understands `house_word`, and what the generator has found there.
    private func world(_ server: RDSLookalike) throws -> (issuer: TokenIssuer, words: Words) {
        let (words, inner) = (Words(), try Account(of: server).credentials())
        let registry = AuthTokenGeneratorRegistry()
        try registry.add("house", keywords: ["house_word"]) {
            ClosureTokenGenerator { request in
                words.list.withLock { $0.append(request.parameters["house_word"]) }
                return try await RDSGenerator(credentials: .static(inner)).token(for: request)
            }
        }
        return (TokenIssuer(generators: registry), words)
    }

    private final class Words: Sendable {
        let list = Mutex<[String?]>([])
    }

    @Test("reaches the generator from every form of parameters, and libpq never sees it")
    func reaches() async throws {
        let server = try await SharedServer.value
        let (issuer, words) = try world(server)
        let plain =
            "host=\(server.facts.host) hostaddr=127.0.0.1 port=\(server.facts.port) user=andrew "
            + "dbname=postgres sslmode=require aws_rds_iam_auth_token_generator=house "
        _ = try await RDSIAM.connect(plain + "house_word='a b'", issuer: issuer, environment: .bare)
        let parameters = [
            "host": server.facts.host, "hostaddr": "127.0.0.1", "port": "\(server.facts.port)", "user": "andrew",
            "dbname": "postgres", "sslmode": "require", "aws_rds_iam_auth_token_generator": "house", "house_word": "c",
        ]
        _ = try await RDSIAM.connect(parameters, issuer: issuer, environment: .bare)
        let parsed = try Conninfo.parse(
            plain + "house_word=d",
            dialect: .linked,
            extensions: .init(issuer.generators)
        )
        _ = try await RDSIAM.connect(parsed, issuer: issuer, environment: .bare)
        _ = try await RDSIAM.connect(plain, issuer: issuer, environment: .bare)
        #expect(words.list.withLock { $0 } == ["a b", "c", "d", nil])
    }

    @Test(
        "is refused if it is misspelled, with the nearest one, or if no registered generator declares it",
        arguments: [("house_wrod", "house_word"), ("aws_rds_iam_region", nil)] as [(String, String?)]
    )
    func refused(keyword: String, nearest: String?) async throws {
        let server = try await SharedServer.value
        let (issuer, words) = try world(server)
        let errors = [
            await #expect(throws: ConninfoError.self) {
                try await RDSIAM.connect(
                    server.tokenConninfo(user: "andrew", "\(keyword)=x"),
                    issuer: issuer,
                    environment: .bare
                )
            },
            await #expect(throws: ConninfoError.self) {
                try await RDSIAM.connect(["host": "h", keyword: "x"], issuer: issuer, environment: .bare)
            },
        ]
        for error in errors {
            let text = error.map { "\($0)" } ?? ""
            #expect(text.contains("house_word") == (nearest != nil), "\(text)")
        }
        #expect(words.list.withLock { $0.isEmpty })
    }

    @Test("is among the parameters that can be listed, after libpq's")
    func listed() async throws {
        let (issuer, _) = try world(try await SharedServer.value)
        let names = try RDSIAM.parameterDefaults(in: .bare, generators: issuer.generators).map(\.keyword)
        #expect(names.suffix(3) == ["aws_rds_iam_auth_token_generator", "aws_rds_iam_tls_tunnel", "house_word"])
        let standard = try RDSIAM.parameterDefaults(in: .bare).map(\.keyword)
        #expect(standard.contains("aws_rds_iam_region") && !standard.contains("house_word"))
    }
}
