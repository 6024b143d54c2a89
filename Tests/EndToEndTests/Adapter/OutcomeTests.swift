import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import PGRDSIAM
import TestSupport
import Testing
import TokenAuditLog

@Suite("The outcome of a login to several hosts", .timeLimit(.minutes(5)))
struct OutcomeTests {
    @Test("is accepted for each host that let the token in, and none for those that were never dialed")
    func unsuitable() async throws {
        let trio = try await Trio.start([["--postgres-option", "default_transaction_read_only=on"], [], []])
        let log = try await AuditLog.open(try TemporaryFolder().path("audit.sqlite"))
        let connection = try await RDSIAM.connect(
            trio.conninfo("target_session_attrs=read-write"),
            issuer: trio.issuer(audit: .required(log)),
            environment: .bare
        )
        #expect(connection.facts.port == "\(trio.servers[1].facts.port)")
        #expect(connection.facts.earlierFailures.count == 1)
        let records = try await AuditLogReader.open(log.path).page().entries.reversed().compactMap(\.record)
        let outcomes = records.filter { $0.activity != .open && $0.activity != .issue }
        #expect(outcomes.map(\.activity) == [.connectionAccepted, .connectionAccepted])
        #expect(records.count { $0.activity == .issue } == 2)
        #expect(try trio.verdicts() == [["accepted"], ["accepted"], []])
    }

    @Test("is the refusal of one host, after which no other is dialed, without advice about a token it did not ask for")
    func unasked() async throws {
        let server = try await SharedServer.value
        let log = try await AuditLog.open(try TemporaryFolder().path("audit.sqlite"))
        let issuer = try server.issuer(audit: .required(log))
        // The server has no such database, and refuses replication before it asks for a password.
        let cases = [("dbname=none", "3D000"), ("replication=true", "28000")]
        for (more, state) in cases + cases {
            let error = await #expect(throws: RDSIAMError.self) {
                try await RDSIAM.connect(
                    server.tokenConninfo(user: "user17", more),
                    issuer: issuer,
                    environment: .bare
                )
            }
            #expect(error?.sqlState == state)
            #expect(error?.likelyCauses.map(\.code) == [state == "3D000" ? .databaseMissing : .accessRule])
            #expect(error?.passwordWasUsed == (state == "3D000"))
            #expect((error?.underlyingError as? PGError)?.server?.severity == "FATAL")
        }
        // Neither said anything about the token, which was made once for each database.
        let records = try await AuditLogReader.open(log.path).page().entries.compactMap(\.record)
        #expect(records.count { $0.activity == .issue } == 2)
    }
}
