import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import PGRDSIAM
import Synchronization
import TestSupport
import Testing
import TokenAuditLog

/// Logins for some seconds (`RDS_IAM_SOAK_SECONDS`, 10 unless it is set) while PostgreSQL is killed and started again
/// and credentials are rotated, joined with the verdicts of the server's judge.
@Suite("Logins without end", .timeLimit(.minutes(30)))
final class SoakTests: Sendable {
    private static let users = ["soak1", "soak2", "soak3", "soak4"]

    /// What the logins of the soak came to.
    private struct Tally {
        var accepted = 0
        var refused = 0
        var unjudged = 0
        var others: [String] = []
    }

    private let tally = Mutex(Tally())
    private let isOver = Mutex(false)

    @Test("leave a row for each verdict of the server, through restarts and rotations, and no other")
    func joined() async throws {
        let seconds = ProcessInfo.processInfo.environment["RDS_IAM_SOAK_SECONDS"].flatMap(Double.init) ?? 10
        let server = try await RDSLookalike.start(["--restart"] + Self.users.flatMap { ["--user", $0] })
        let folder = try TemporaryFolder()
        let log = try await AuditLog.open(folder.path("audit.sqlite"))
        let issuer = try issuer(server, folder, log)
        let begin = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<8 {
                let conninfo = server.tokenConninfo(user: Self.users[index % Self.users.count], "connect_timeout=10")
                group.addTask { await self.logInAgainAndAgain(conninfo, issuer) }
            }
            let end = begin + .seconds(seconds)
            var round = 0
            while .now < end {
                round += 1
                try await Task.sleep(for: .seconds(min(seconds / 4, 12)))
                if round.isMultiple(of: 2) {
                    try rotate(round, server, folder)
                } else {
                    try await restart(server)
                }
            }
            isOver.withLock { $0 = true }
            try await group.waitForAll()
        }
        // Each user is accepted after the last rotation, which the credential source sees within a second.
        for user in Self.users {
            let isBack = try await comesTrue { await logIn(server.tokenConninfo(user: user), issuer) }
            #expect(isBack)
        }
        try await check(server, log, ContinuousClock.now - begin)
    }

    private func logInAgainAndAgain(_ conninfo: String, _ issuer: TokenIssuer) async {
        while !isOver.withLock({ $0 }) { await logIn(conninfo, issuer) }
    }

    /// Returns whether the login was accepted.
    @discardableResult
    private func logIn(_ conninfo: String, _ issuer: TokenIssuer) async -> Bool {
        do {
            let connection = try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
            tally.withLock { $0.accepted += 1 }
            await connection.close()
            return true
        } catch let error as RDSIAMError where error.code == .loginRefused {
            tally.withLock { $0.refused += 1 }
        } catch let error as RDSIAMError where error.isRetryable {
            tally.withLock { $0.unjudged += 1 }
            // A pool would wait longer.
            try? await Task.sleep(for: .milliseconds(5))
        } catch {
            tally.withLock { $0.others.append("\(error)") }
        }
        return false
    }

    private func issuer(_ server: RDSLookalike, _ folder: TemporaryFolder, _ log: AuditLog) throws -> TokenIssuer {
        let file = folder.path("credentials")
        try FileManager.default.copyItem(atPath: server.facts.credentials, toPath: file)
        var context = CredentialContext.system
        context.environment = ["AWS_SHARED_CREDENTIALS_FILE": file, "AWS_CONFIG_FILE": "/dev/null"]
        let world = context
        let generators = AuthTokenGeneratorRegistry(aws: [
            ("default", { RDSGenerator(credentials: ProfileCredentialSource(context: world)) })
        ])
        return TokenIssuer(generators: generators, audit: .required(log))
    }

    private func rotate(_ round: Int, _ server: RDSLookalike, _ folder: TemporaryFolder) throws {
        let account = "[default]\naws_access_key_id = AKIASOAK\(round)\naws_secret_access_key = soak/\(round)\n"
        for path in [folder.path("credentials"), server.facts.credentials] {
            try account.write(toFile: path, atomically: false, encoding: .utf8)
        }
    }

    /// Kills PostgreSQL, which the look-alike starts again.
    private func restart(_ server: RDSLookalike) async throws {
        let process = try await server.superuser().value("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)")
        kill(try #require(process.flatMap { pid_t($0) }), SIGKILL)
        let isBack = try await comesTrue { (try? await server.superuser()) != nil }
        #expect(isBack)
    }

    /// How often the judge gave each verdict on each token.
    private static func verdicts(of server: RDSLookalike) throws -> [String: Int] {
        try users.flatMap { try server.verdicts(on: $0) }.reduce(into: [:]) { counts, verdict in
            counts["\(verdict.verdict) \(verdict.token_sha256 ?? "")", default: 0] += 1
        }
    }

    /// Compares rows with verdicts, token by token.
    private func check(_ server: RDSLookalike, _ log: AuditLog, _ time: Duration) async throws {
        var rows: [String: Int] = [:]
        var (issued, failures, failureRows) = (0, 0, 0)
        let reader = try await AuditLogReader.open(log.path)
        #expect(try await reader.verify().isIntact)
        for try await entry in reader.entries() {
            guard let record = entry.record else { continue }
            switch record.activity {
            case .issue: issued += 1
            case .connectionAccepted: rows["accepted \(record.token?.fingerprint ?? "")", default: 0] += 1
            case .connectionRefused: rows["refused \(record.token?.fingerprint ?? "")", default: 0] += 1
            case .connectionFailed:
                failureRows += 1
                failures += record.detail["count"].flatMap { Int($0) } ?? 0
            default: break
            }
        }
        let tally = tally.withLock { $0 }
        #expect(tally.others.isEmpty, "\(tally.others.prefix(3))")
        // Of a login that the server's death has cut off, the judge has a verdict that the client never learned of, or
        // PostgreSQL has refused it as it did not learn of the verdict, which may come later.
        var verdicts: [String: Int] = [:]
        var (unknown, invented) = (0, 0)
        _ = try await comesTrue {
            verdicts = try Self.verdicts(of: server)
            unknown = verdicts.reduce(0) { $0 + max(0, $1.value - rows[$1.key, default: 0]) }
            invented = rows.reduce(0) { $0 + max(0, $1.value - verdicts[$1.key, default: 0]) }
            return invented <= unknown
        }
        func sum(_ counts: [String: Int], _ word: String) -> Int {
            counts.reduce(0) { $0 + ($1.key.hasPrefix(word) ? $1.value : 0) }
        }
        let accepted = rows.filter { $0.key.hasPrefix("accepted") }
        #expect(accepted.allSatisfy { $0.value <= verdicts[$0.key, default: 0] })
        let refusals = try String(contentsOfFile: server.facts.log, encoding: .utf8).split(separator: "\n").count {
            $0.contains("FATAL") && $0.contains("authentication failed for user \"soak")
        }
        // PostgreSQL writes a refusal down before it tells the client, and may be killed in between.
        #expect((refusals - tally.unjudged...refusals).contains(sum(rows, "refused")))
        #expect(invented <= unknown)
        #expect(unknown - invented <= tally.unjudged)
        #expect(failures <= tally.unjudged)
        // There is one server: at most a row for each minute that has begun.
        #expect(failureRows <= 1 + Int(time.components.seconds / 60))
        #expect(sum(rows, "accepted") == tally.accepted)
        print(
            """
            Soak: \(tally.accepted) logins accepted, \(tally.refused) refused, \(tally.unjudged) failed; \
            rows: \(issued) tokens issued, \(sum(rows, "accepted")) accepted, \(sum(rows, "refused")) refused, \
            \(failureRows) for \(failures) failures; verdicts: \(sum(verdicts, "accepted")) accepted, \
            \(sum(verdicts, "refused")) refused, of which the client never learned \(unknown); \
            PostgreSQL refused \(refusals), \(invented) of them without the judge's word.
            """
        )
    }
}
