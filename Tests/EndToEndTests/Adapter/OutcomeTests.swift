import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import PGRDSIAM
import TestSupport
import Testing
import TokenAuditLog

@Suite("The outcome of a login", .timeLimit(.minutes(5)))
struct OutcomeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The events about tokens and connections, oldest first.
    private func records(_ log: AuditLog) async throws -> [AuditRecord] {
        try await AuditLogReader.open(log.path).page().entries.reversed().compactMap(\.record).filter {
            $0.activity != .open
        }
    }

    private func log() async throws -> AuditLog {
        try await AuditLog.open(folder.path("audit.sqlite"))
    }

    @Test("to several hosts is accepted for each that let the token in, and none for those that were never dialed")
    func unsuitable() async throws {
        let trio = try await Trio.start([["--postgres-option", "default_transaction_read_only=on"], [], []])
        let log = try await log()
        let connection = try await RDSIAM.connect(
            trio.conninfo("target_session_attrs=read-write"),
            issuer: trio.issuer(audit: .required(log)),
            environment: .bare
        )
        #expect(connection.facts.port == "\(trio.servers[1].facts.port)")
        #expect(connection.facts.earlierFailures.count == 1)
        let activities = try await records(log).map(\.activity)
        #expect(activities.filter { $0 != .issue } == [.connectionAccepted, .connectionAccepted])
        #expect(activities.count { $0 == .issue } == 2)
        #expect(try trio.verdicts() == [["accepted"], ["accepted"], []])
    }

    @Test("to several addresses of one name is accepted for each that let the token in, with one token")
    func addresses() async throws {
        let server = try await RDSLookalike.start(
            ["--user", "anna", "--postgres-option", "default_transaction_read_only=on"]
                + ["--postgres-option", "listen_addresses=127.0.0.1,::1"]
        )
        let log = try await log()
        let error = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(
                "host=localhost port=\(server.facts.port) user=anna dbname=postgres sslmode=require "
                    + "aws_rds_iam_auth_token_generator=default aws_rds_iam_host=\(server.facts.host) "
                    + "target_session_attrs=read-write",
                issuer: server.issuer(audit: .required(log)),
                environment: .bare
            )
        }
        let verdicts = try server.verdicts(on: "anna").map(\.verdict)
        #expect(!verdicts.isEmpty && Set(verdicts) == ["accepted"])
        let activities = try await records(log).map(\.activity)
        #expect(activities.count { $0 == .issue } == 1)
        #expect(activities.count { $0 == .connectionAccepted } == verdicts.count)
        #expect(activities.count == 1 + verdicts.count)
        #expect((error?.earlierFailures.count ?? -1) + 1 == verdicts.count)
        #expect(error?.message.contains("localhost:\(server.facts.port) (") == true)
    }

    @Test("to a server that asks for no password is none, and the server is refused")
    func unasked() async throws {
        let server = try await RDSLookalike.start(["--user", "anna"])
        let superuser = try await server.superuser()
        let file = try #require(try await superuser.value("show hba_file"))
        // The first rule that matches decides.
        let rules = try String(contentsOfFile: file, encoding: .utf8)
        try ("hostssl all anna all trust\n" + rules).write(toFile: file, atomically: false, encoding: .utf8)
        _ = try await superuser.query("select pg_reload_conf()")
        // The server has read its rules when it accepts such a login.
        let open = server.conninfo(user: "anna") + " sslmode=require"
        #expect(try await comesTrue { (try? await RDSIAM.connect(open, environment: .bare)) != nil })
        let log = try await log()
        let error = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(
                open + " aws_rds_iam_auth_token_generator=default",
                issuer: server.issuer(audit: .required(log)),
                environment: .bare
            )
        }
        #expect(error?.code == .connectionFailed && error?.message.contains("without asking for a password") == true)
        #expect(try await records(log).map(\.activity) == [.issue, .connectionFailed])
    }

    /// A login that fails although nothing is wrong with its token.
    struct Unjudged: Sendable, CustomTestStringConvertible {
        let name: String
        /// What the superuser does before it.
        var statement: String?
        /// The first line of `pg_hba.conf`.
        var rule: String?
        var more = ""
        let state: String
        /// Whether the server let the token in before it refused the login.
        let isAccepted: Bool
        var testDescription: String { name }
    }

    static let unjudged = [
        Unjudged(name: "no entry in pg_hba.conf", rule: "hostssl all u all reject", state: "28000", isAccepted: false),
        Unjudged(name: "role may not log in", statement: "alter role u nologin", state: "28000", isAccepted: true),
        Unjudged(name: "unknown role", statement: "drop role u", state: "28P01", isAccepted: false),
        Unjudged(
            name: "replication is not allowed",
            rule: "hostssl replication u all reject",
            more: "replication=true",
            state: "28000",
            isAccepted: false
        ),
        Unjudged(name: "no such database", more: "dbname=none", state: "3D000", isAccepted: true),
        Unjudged(
            name: "may not connect to the database",
            statement: "revoke connect on database postgres from public",
            state: "42501",
            isAccepted: true
        ),
        Unjudged(
            name: "too many connections for the role",
            statement: "alter role u connection limit 0",
            state: "53300",
            isAccepted: true
        ),
    ]

    @Test(
        "that judged no token: a cached token stays, is sent once, and gets no advice about clocks",
        arguments: unjudged
    )
    func cachedTokenStays(_ item: Unjudged) async throws {
        let server = try await RDSLookalike.start(["--user", "u"])
        let log = try await log()
        let issuer = try server.issuer(audit: .required(log))
        // Caches a token for the same request.
        _ = try await RDSIAM.token(for: server.tokenConninfo(user: "u", item.more), issuer: issuer, environment: .bare)
        let superuser = try await server.superuser()
        if let statement = item.statement { _ = try await superuser.execute(statement) }
        if let rule = item.rule {
            let rules = try #require(try await superuser.value("show hba_file"))
            let text = rule + "\n" + (try String(contentsOfFile: rules, encoding: .utf8))
            try text.write(toFile: rules, atomically: false, encoding: .utf8)
            #expect(try await superuser.value("select pg_reload_conf()::text") == "true")
            let condition = "select exists (select from pg_hba_file_rules where auth_method = 'reject')"
            #expect(try await superuser.value(condition) == "t")
        }
        let error = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(server.tokenConninfo(user: "u", item.more), issuer: issuer, environment: .bare)
        }
        #expect(error?.sqlState == item.state)
        #expect(error?.endpoint == "\(server.facts.host):\(server.facts.port)")
        #expect(error?.message.contains("(127.0.0.1)") == true)
        let activities = try await records(log).map(\.activity)
        #expect(activities == [.issue, item.isAccepted ? .connectionAccepted : .connectionFailed])
        // For an unknown role the server asks for a password all the same, and compares it with none.
        #expect(error?.passwordWasUsed == (item.isAccepted || item.state == "28P01"))
        #expect(error?.likelyCauses.contains { $0.code == .clockSkew } == false)
        #expect(try server.verdicts(on: "u").count == (item.isAccepted ? 1 : 0))
    }

    @Test("at a server that cannot be reached is recorded once a minute, with the number of attempts")
    func unreachable() async throws {
        let server = try await RDSLookalike.start(["--user", "again"])
        let (log, clock) = (try await log(), MovableClock())
        let issuer = try server.issuer(audit: .required(log)) { clock.date }
        let conninfo = server.tokenConninfo(user: "again")
        func fail(_ times: Int) async {
            for _ in 0..<times {
                let error = await #expect(throws: RDSIAMError.self) {
                    try await RDSIAM.connect(
                        conninfo,
                        overriding: ["hostaddr": "127.0.0.9"],
                        issuer: issuer,
                        environment: .bare
                    )
                }
                #expect(error?.code == .connectionFailed && error?.isRetryable == true)
                #expect(error?.message.contains("\(server.facts.host):\(server.facts.port) (127.0.0.9)") == true)
            }
        }
        await fail(5)
        clock.advance(by: 61)
        await fail(3)
        // The two that followed are recorded before the next outcome, once a minute has passed.
        clock.advance(by: 61)
        _ = try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
        let records = try await records(log)
        #expect(
            records.map(\.activity) == [.issue, .connectionFailed, .connectionFailed, .connectionFailed]
                + [.connectionAccepted]
        )
        let failed = records.filter { $0.activity == .connectionFailed }
        #expect(failed.map { $0.detail["count"] } == ["1", "5", "2"])
        #expect(failed.map(\.outcome) == [.failure, .failure, .failure])
        #expect(failed.map(\.target?.host) == [server.facts.host, server.facts.host, server.facts.host])
        #expect(failed.allSatisfy { $0.token == nil && $0.issueID == nil })
        #expect(try server.verdicts(on: "again").map(\.verdict) == ["accepted"])
    }
}
