import AuthTokens
import CLibpq
import Foundation
import PGConninfo
import RDSIAMBasics
import Synchronization
import Testing

@testable import PGRDSIAM

@Suite("Parameters of a connection", .timeLimit(.minutes(2)))
struct ConnectionParametersTests {
    /// A connection string and the keywords and values that override it.
    struct Merge: Sendable, CustomTestStringConvertible {
        let string: String
        let others: [String: String]
        var testDescription: String { "\(string) \(others.sorted { $0.key < $1.key })" }
    }

    static let merges = [
        Merge(string: "postgresql://u@127.0.0.1:1/blog", others: ["dbname": "blog_test"]),
        Merge(string: "postgresql://u@127.0.0.1:1/blog", others: [:]),
        Merge(string: "host=127.0.0.1 port=1 user=u password='a b'", others: ["user": "it's", "dbname": "a\\b c"]),
        Merge(string: "host=a hostaddr=127.0.0.1 port=1 user=u", others: ["host": "b"]),
        Merge(string: "host=127.0.0.1 port=1 user=u", others: ["hostaddr": "127.0.0.2"]),
        Merge(string: "host=127.0.0.1,127.0.0.1 port=1,2 user=u", others: ["host": "127.0.0.2", "port": "3"]),
        Merge(string: "postgres://127.0.0.1:1?user=u&sslmode=disable", others: ["sslmode": "require"]),
        Merge(string: "postgres://127.0.0.1:1/?user=u&options=-c%20a%3Db", others: ["options": "-c c=d"]),
    ]

    @Test("are merged as libpq merges them: what overrides counts, keyword by keyword", arguments: merges)
    func merged(_ merge: Merge) throws {
        let issuer = TokenIssuer(generators: AuthTokenGeneratorRegistry())
        let ours = try merge.string.conninfo(for: issuer, overriding: merge.others)
        let theirs = try #require(Self.libpq(merge))
        for keyword in Conninfo.Keyword.all where ours.contains(keyword) || merge.others[keyword.name] != nil {
            #expect(ours[keyword] == theirs[keyword.name], "\(keyword.name)")
        }
        #expect(ours.contains(.user))
    }

    /// What libpq makes of a connection string with keywords after it (`PQconnectStartParams`).
    private static func libpq(_ merge: Merge) -> [String: String]? {
        let pairs = [("dbname", merge.string)] + merge.others.map { ($0.key, $0.value) }
        var keywords = pairs.map { UnsafePointer(strdup($0.0)) } + [nil]
        var values = pairs.map { UnsafePointer(strdup($0.1)) } + [nil]
        defer { for text in keywords + values { free(UnsafeMutablePointer(mutating: text)) } }
        guard let connection = PQconnectStartParams(&keywords, &values, 1) else { return nil }
        defer { PQfinish(connection) }
        guard let options = PQconninfo(connection) else { return nil }
        defer { PQconninfoFree(options) }
        var found: [String: String] = [:]
        for option in sequence(first: options, next: { $0 + 1 }).prefix(while: { $0.pointee.keyword != nil }) {
            found[String(cString: option.pointee.keyword)] = option.pointee.val.map { String(cString: $0) }
        }
        return found
    }

    @Test("that override may be empty, as in a connection string: a host is then looked up although it had an address")
    func empty() throws {
        let string = "host=a.example.com hostaddr=10.0.0.1 user=u aws_rds_iam_auth_token_generator=default"
        func targets(_ others: [String: String]) throws -> [String] {
            let conninfo = try string.conninfo(for: RDSIAM.issuer, overriding: others)
            let plan = try ConnectionPlan(conninfo, environment: ConninfoEnvironment(userName: "u"))
            return plan.targets.map { "\($0.endpoint) for \($0.request.host)" }
        }
        #expect(try targets([:]) == ["a.example.com:5432 (10.0.0.1) for a.example.com"])
        #expect(try targets(["host": "b.example.com"]) == ["b.example.com:5432 (10.0.0.1) for b.example.com"])
        #expect(try targets(["host": "b.example.com", "hostaddr": ""]) == ["b.example.com:5432 for b.example.com"])
    }

    @Test("override generators and their keywords too, and are refused if they are misspelled")
    func extensions() throws {
        let conninfo = try "host=h".conninfo(
            for: RDSIAM.issuer,
            overriding: ["aws_rds_iam_auth_token_generator": "dsql", "aws_rds_iam_region": "eu-west-2"]
        )
        #expect(conninfo[extension: "aws_rds_iam_auth_token_generator"] == "dsql")
        #expect(conninfo[extension: "aws_rds_iam_region"] == "eu-west-2")
        let error = #expect(throws: ConninfoError.self) {
            try "host=h".conninfo(for: RDSIAM.issuer, overriding: ["dbnmae": "x"])
        }
        #expect(error.map { "\($0)" }?.contains("Did you mean \"dbname\"?") == true)
        let twin = #expect(throws: ConninfoError.self) {
            try "host=h".conninfo(for: RDSIAM.issuer, overriding: ["u\u{17F}er": "x"])
        }
        #expect(twin != nil)
    }

    /// The same server in each form.
    private static func forms() throws -> [any ConnectionParameters] {
        let keyword = "aws_rds_iam_auth_token_generator"
        let uri = "postgresql://app@db.example.com:5433/blog?\(keyword)=forms"
        let issuer = issuer()
        return [
            uri,
            Substring("host=db.example.com port=5433 user=app dbname=blog \(keyword)=forms"),
            ["host": "db.example.com", "port": "5433", "user": "app", "dbname": "blog", keyword: "forms"],
            try Conninfo.parse(uri, dialect: .linked, extensions: .init(issuer.generators)),
        ]
    }

    private static func issuer() -> TokenIssuer {
        TokenIssuer(
            generators: AuthTokenGeneratorRegistry(defaults: [
                (
                    "forms",
                    {
                        ClosureTokenGenerator(lifetime: .seconds(900)) {
                            "token of \($0.user)@\($0.host):\($0.port)/\($0.database ?? "")"
                        }
                    }
                )
            ])
        )
    }

    @Test("have the same forms for a token and for the environment of a child process as for a connection")
    func parity() async throws {
        let environment = ConninfoEnvironment(userName: "u")
        for form in try Self.forms() {
            func token(_ form: some ConnectionParameters, _ others: [String: String]) async throws -> String? {
                let issuer = Self.issuer()
                let token = try await RDSIAM.token(
                    for: form,
                    overriding: others,
                    issuer: issuer,
                    environment: environment
                )
                let variables = try await RDSIAM.psqlEnvironment(
                    for: form,
                    overriding: others,
                    issuer: issuer,
                    environment: environment,
                    inherited: [:]
                )
                #expect(variables["PGPASSWORD"] == token?.token.value)
                #expect(variables["PGDATABASE"] == others["dbname"] ?? "blog")
                #expect(variables["PGHOST"] == "db.example.com" && variables["PGSSLMODE"] == "require")
                return token?.token.value
            }
            #expect(try await token(form, [:]) == "token of app@db.example.com:5433/blog")
            #expect(try await token(form, ["dbname": "test"]) == "token of app@db.example.com:5433/test")
        }
    }
}
