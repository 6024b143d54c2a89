import Foundation
import TestSupport
import Testing

/// What tests of `rds-iam audit` share: one directory with one log.
///
/// No server takes part: a token is signed without one.
protocol AuditCommandSuite {
    var folder: TemporaryFolder { get }
}

extension AuditCommandSuite {
    var secret: String { "an0ther/secret+key" }
    var log: String { folder.path("log") }

    func run(_ arguments: [String], input: String = "") async throws -> CommandResult {
        try await run(Repository.built("rds-iam"), arguments, input: input)
    }

    /// Runs a program that runs `rds-iam`.
    func run(_ program: String, _ arguments: [String], input: String = "") async throws -> CommandResult {
        let environment = [
            "HOME": folder.path("home"), "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_REGION": "eu-west-2", "RDS_IAM_AUDIT_LOG": log,
        ]
        return try await ChildProcess.run(program, arguments, environment: environment, input: Data(input.utf8))
    }

    func audit(_ arguments: String..., input: String = "") async throws -> CommandResult {
        try await run(["audit"] + arguments, input: input)
    }

    /// Makes a token.
    ///
    /// The log then has three more rows: open, issue and the checkpoint at the end.
    @discardableResult
    func token(_ user: String, host: String = "db.example.com") async throws -> String {
        let result = try await run(["token", "--host", host, "--user", user])
        return try #require(result.lines.first, "\(result.errors)")
    }

    func objects(_ result: CommandResult) throws -> [[String: Any]] {
        try result.lines.map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
    }

    /// Runs Python as the user who owns the file.
    func python(_ script: String, _ arguments: String...) async throws -> CommandResult {
        try await ChildProcess.run("/usr/bin/env", ["python3", "-c", script] + arguments)
    }
}
