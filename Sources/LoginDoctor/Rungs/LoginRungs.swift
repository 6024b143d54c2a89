import AWSGenerators
import AuthTokens
import LoginDiagnosis
import PGRDSIAM
import RDSIAMBasics
import RDSIAMSystem

/// Makes the token, which the issuer records.
struct TokenRung: Rung {
    let name = Step.Name.token

    func obstacle(_ findings: Findings) -> String? {
        if let obstacle = findings.obstacleOnNetwork { return obstacle }
        // A token that could not be sent would stand in the audit log for nothing.
        if findings.reachedAddress == nil { return "there is no connection" }
        if findings.offersNoTLS { return "there is no TLS to send it over" }
        if findings.caller != nil, findings.credentials == nil { return "there are no AWS credentials" }
        return findings.caller != nil && findings.region == nil ? "the region is not known" : nil
    }

    func limit(_ limits: Examination.Limits) -> Duration { limits.token }

    func look(_ findings: inout Findings) async throws -> Step {
        guard let conninfo = findings.server?.conninfo else { return Step(name, .skipped, Findings.unusable) }
        let examination = findings.examination
        do {
            let issued = try await RDSIAM.token(
                for: conninfo,
                issuer: examination.issuer,
                environment: examination.environment
            )
            findings.issued = issued
            guard let token = issued?.token else { return Step(name, .skipped, "no generator is named") }
            let end = token.expiresAt.map { ", good until \($0.rfc3339)" } ?? ""
            let decoded = DecodedToken(token.value, masking: findings.masking)?.lines
            return Step(name, .passed, "made\(end)", decoded ?? ["a password of \(token.value.utf8.count) bytes"])
        } catch  where !(error is CancellationError) {
            let text = findings.masking.shortened(in: "\(error)".firstLine)
            findings.add(.ofToken(error, text, findings))
            return Step(name, .failed, text)
        }
    }
}

extension Cause {
    /// Creates the cause for a token that was not made, or not recorded.
    fileprivate static func ofToken(_ error: any Error, _ text: String, _ findings: Findings) -> Cause {
        let sentences = text.sentences
        let advice = sentences.dropFirst().joined(separator: " ")
        let code = (error as? any AuditableError)?.auditCode ?? ""
        if code.hasBytePrefix("AuditLogError") {
            let isOpen = !code.isBytewiseEqual(to: "AuditLogError.unopened")
            return Cause(
                "auditLog",
                "No token is issued, as the audit log cannot record it: \(sentences.first ?? text)",
                advice: advice.isEmpty ? "Make the audit log writable." : advice,
                command: isOpen ? findings.command("audit stats", repeating: ["--config", "--audit-log"]) : nil,
                evidence: [isOpen ? "The log is open, but takes no record." : "The log cannot be opened."]
            )
        }
        if (error as? AWSGeneratorError)?.code == .expiredCredentials {
            return .expiredCredentials(findings)
        }
        return Cause("noToken", sentences.first ?? text, advice: advice.isEmpty ? "Correct the settings." : advice)
    }
}

/// Logs in with the token.
struct LoginRung: Rung {
    let name = Step.Name.login

    func obstacle(_ findings: Findings) -> String? {
        guard findings.issued != nil else { return "there is no token" }
        return findings.reachedAddress == nil ? "there is no connection" : nil
    }

    func limit(_ limits: Examination.Limits) -> Duration { limits.login }

    func look(_ findings: inout Findings) async throws -> Step {
        guard let conninfo = findings.server?.conninfo else { return Step(name, .skipped, Findings.unusable) }
        let examination = findings.examination
        do {
            let connection = try await RDSIAM.connect(
                conninfo,
                issuer: examination.issuer,
                environment: examination.environment,
                options: ConnectOptions(warn: nil)
            )
            findings.connection = connection
            return Step(name, .passed, "\(connection.facts.user) is in \(connection.facts.database)")
        } catch let error as RDSIAMError {
            let messages = Self.messages(error)
            findings.loginFailure = error
            findings.words = messages.map(\.shownWords)
            findings.causes += findings.causes(of: error, messages)
            return Step(name, .failed, findings.words.first ?? error.message, Array(findings.words.dropFirst()))
        }
    }

    /// The words of the server, or of libpq, in order.
    private static func messages(_ error: RDSIAMError) -> [ServerMessage] {
        let earlier = (error.underlyingError as? PGError)?.earlierFailures.compactMap { $0 as? PGError } ?? []
        return (earlier + [error.underlyingError as? PGError].compactMap { $0 }).flatMap { $0.serverMessages }
    }
}

extension PGError {
    /// What was said, one message after another: libpq joins those of its attempts.
    fileprivate var serverMessages: [ServerMessage] {
        let verb = [" refused the login: ", " cannot be used: "].first { message.containsBytes($0) }
        let text = verb.flatMap { message.firstRange(of: $0) }.map { String(message[$0.upperBound...]) } ?? message
        guard let server else { return Self.messages(text) }
        let words = ServerMessage(
            server.message,
            sqlState: server.sqlState,
            severity: server.severity,
            detail: server.detail,
            hint: server.hint
        )
        guard let own = text.firstRange(of: "\(server.severity): \(server.message)") else { return [words] }
        let rest = String(text[own.upperBound...])
        return Self.messages(String(text[..<own.lowerBound])) + [words]
            + (rest.hasBytePrefix("; ") ? Self.messages(rest) : [])
    }

    /// - Parameter text: What libpq says, without the server's own words, which may hold a semicolon.
    private static func messages(_ text: String) -> [ServerMessage] {
        [ServerMessage](libpqText: text.replacingBytes("; ", with: "\n"))
    }
}

extension ServerMessage {
    /// The words as they are shown.
    fileprivate var shownWords: String {
        let head = severity.map { "\($0): \(text)" } ?? text
        let state = sqlState.map { " (SQLSTATE \($0))" } ?? ""
        return [head + state, detail.map { "DETAIL: \($0)" }, hint.map { "HINT: \($0)" }].compactMap { $0 }
            .filter { !$0.isEmpty }.joined(separator: " ")
    }
}

extension Findings {
    /// Why the login failed, as the diagnosis makes out from all that is known.
    fileprivate func causes(of error: RDSIAMError, _ messages: [ServerMessage]) -> [Cause] {
        var evidence = evidence
        evidence.messages = messages
        evidence.passwordWasUsed = error.passwordWasUsed
        return evidence.likelyCauses.map { Cause($0, self) }
    }
}

/// Asks the session what only a session knows, and closes it.
struct SessionRung: Rung {
    let name = Step.Name.session

    func obstacle(_ findings: Findings) -> String? { findings.connection == nil ? "there is no login" : nil }

    func limit(_ limits: Examination.Limits) -> Duration { limits.login }

    func look(_ findings: inout Findings) async throws -> Step {
        guard let connection = findings.connection else { return Step(name, .skipped, "there is no login") }
        let facts = connection.facts
        let tls = facts.tlsVersion ?? "no TLS"
        var lines: [String] = []
        if let membership = await Self.membership(connection) { lines.append(membership) }
        if !facts.passwordWasUsed { lines.append("the server did not ask for the token") }
        await connection.close()
        let version = "\(facts.serverVersion / 10_000).\(facts.serverVersion % 10_000)"
        return Step(name, facts.passwordWasUsed ? .passed : .warning, "PostgreSQL \(version) over \(tls)", lines)
    }

    /// Whether the user is a member of `rds_iam`; `nil` if the server has no such role, or does not say.
    private static func membership(_ connection: PGConnection) async -> String? {
        let sql = "select pg_has_role(current_user, oid, 'member') from pg_roles where rolname = 'rds_iam'"
        guard let row = try? await connection.execute(sql).first?.rows.first,
            let isMember = try? row.decodeIfPresent(Bool.self, at: 0)
        else { return nil }
        return isMember ? "the user is a member of rds_iam" : "the user is no member of rds_iam"
    }
}
