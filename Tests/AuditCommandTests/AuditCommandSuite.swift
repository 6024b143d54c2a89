#if Command
import AuthTokens
import Foundation
import TestSupport
import Testing
import TokenAuditLog

/// What tests of `rds-iam audit` share: one directory with one log.
///
/// No server takes part: a token is signed without one.
protocol AuditCommandSuite {
    var folder: TemporaryFolder { get }
}

extension AuditCommandSuite {
    var secret: String { "an0ther/secret+key" }
    var log: String { folder.path("log") }

    private var environment: [String: String] {
        [
            "HOME": folder.path("home"), "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_REGION": "eu-west-2", "RDS_IAM_AUDIT_LOG": log, "TZ": "UTC",
        ]
    }

    func run(
        _ arguments: [String],
        input: String = "",
        _ more: [String: String] = [:]
    ) async throws -> CommandResult {
        try await run(Repository.built("rds-iam"), arguments, input: input, more)
    }

    /// Runs a program that runs `rds-iam`.
    func run(
        _ program: String,
        _ arguments: [String],
        input: String = "",
        _ more: [String: String] = [:]
    ) async throws -> CommandResult {
        let all = environment.merging(more) { $1 }
        return try await ChildProcess.run(program, arguments, environment: all, input: Data(input.utf8))
    }

    func audit(_ arguments: String..., input: String = "") async throws -> CommandResult {
        try await run(["audit"] + arguments, input: input)
    }

    /// Runs `rds-iam audit` on a terminal of 80 columns and returns what it printed there, with line feeds alone.
    func terminal(
        _ arguments: [String],
        columns: Int = 80,
        _ more: [String: String] = [:]
    ) async throws -> String {
        let command = [try Repository.built("rds-iam"), "audit"] + arguments
        let result = try await run(
            "/usr/bin/env",
            PseudoTerminal.words(columns: columns, command),
            ["LANG": "C.UTF-8", "TERM": "dumb"].merging(more) { $1 }
        )
        return result.output.replacing("\r\n", with: "\n") + result.errors
    }

    /// Makes a token.
    ///
    /// The log then has three more rows: open, issue and the checkpoint at the end.
    @discardableResult
    func token(_ user: String, host: String = "db.example.com") async throws -> String {
        let result = try await run(["token", "--host", host, "--user", user])
        return try #require(result.lines.first, "\(result.errors)")
    }

    /// Records events, without a row of the log's own.
    func record(_ events: [TokenEvent]) async throws {
        var configuration = AuditLogConfiguration(actor: CommandEvents.actor)
        configuration.recordsOpenAndClose = false
        configuration.checkpointInterval = 0
        configuration.reserveSize = 0
        let writer = try await AuditLog.open(log, configuration: configuration)
        for event in events { try await writer.record(event) }
        await writer.close()
    }

    func objects(_ result: CommandResult) throws -> [[String: Any]] {
        try result.lines.map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
    }

    /// Runs Python as the user who owns the file.
    func python(_ script: String, _ arguments: String...) async throws -> CommandResult {
        try await ChildProcess.run("/usr/bin/env", ["python3", "-c", script] + arguments)
    }
}

/// Events for tests of the command.
enum CommandEvents {
    static let actor = AuditActor(user: "andrew", userID: 501, processID: 4711, program: "web", host: "app-1")
    /// 2026-11-22T23:55:00Z.
    static let start = Date(timeIntervalSince1970: 1_795_391_700)

    static let credential = CredentialIdentity(
        source: "profile",
        accessKeyID: "AKIDEXAMPLE",
        profile: "dev",
        accountID: "123456789012",
        roleARN: "arn:aws:iam::123456789012:role/app"
    )

    static func issue(
        _ user: String = "app",
        host: String = "db.example.com",
        signingHost: String? = nil,
        database: String? = "blog",
        kind: AuthToken.Kind = .signed,
        at time: Date = start,
        lifetime: TimeInterval? = 900
    ) -> TokenEvent {
        let token = AuthToken(
            value: "\(user)@\(host)",
            kind: kind,
            signedAt: time,
            expiresAt: lifetime.map { time + $0 },
            signingHost: signingHost,
            signingPort: signingHost == nil ? nil : 5432,
            credential: credential,
            region: "eu-central-1"
        )
        let request = AuthTokenRequest(host: host, port: 5432, user: user, database: database)
        return TokenEvent(.issue, of: request, generator: "default", token: token, time: time)
    }

    static func refuse(_ user: String = "app", code: String, at time: Date = start) -> TokenEvent {
        let request = AuthTokenRequest(host: "db.example.com", user: user)
        return TokenEvent(.refuse, of: request, generator: "default", errorCode: code, time: time)
    }
}
#endif
