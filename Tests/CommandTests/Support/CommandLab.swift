#if Command
import Foundation
import TestSupport
import Testing

/// One look-alike for all tests of this target; each logs in as another user, or looks for its own marks.
private enum SharedServer {
    static let task = Task {
        try await RDSLookalike.start((1...20).flatMap { ["--user", "user\($0)"] } + ["--plain-user", "reporter"])
    }
}

/// A directory, and the variables with which a command finds everything in it and nothing elsewhere.
struct CommandLab {
    let folder: TemporaryFolder
    /// The look-alike, or `nil` if no server takes part.
    let server: RDSLookalike?
    var environment: [String: String]

    /// Commands that reach no server: a token is signed without one.
    init() throws {
        folder = try TemporaryFolder()
        server = nil
        environment = [
            "HOME": folder.path("home"), "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "an0ther/secret",
            "AWS_REGION": "eu-west-2", "TZ": "UTC",
        ]
    }

    private init(_ server: RDSLookalike, user: String) throws {
        let facts = server.facts
        folder = try TemporaryFolder()
        self.server = server
        environment = [
            "HOME": folder.path("home"), "AWS_SHARED_CREDENTIALS_FILE": facts.credentials, "TZ": "UTC",
            "AWS_EC2_METADATA_DISABLED": "true", "PGHOST": facts.host, "PGHOSTADDR": facts.hostaddr,
            "PGPORT": String(facts.port), "PGUSER": user, "PGDATABASE": "postgres", "PGSSLROOTCERT": facts.ca,
        ]
    }

    /// Commands that log in at the look-alike without a word on their command line.
    static func atServer(as user: String) async throws -> CommandLab {
        try CommandLab(try await SharedServer.task.value, user: user)
    }

    func run(_ arguments: String..., input: String = "") async throws -> CommandResult {
        try await run(arguments, input: input)
    }

    func run(
        _ arguments: [String],
        _ more: [String: String] = [:],
        input: String = ""
    ) async throws -> CommandResult {
        try await run(program: Repository.built("rds-iam"), arguments, more, input: input)
    }

    /// Runs a program in the same environment.
    func run(
        program: String,
        _ arguments: [String],
        _ more: [String: String] = [:],
        input: String = ""
    ) async throws -> CommandResult {
        let all = environment.merging(more) { $1 }
        let input = Data(input.utf8)
        return try await ChildProcess.run(program, arguments, environment: all, input: input, timeLimit: .seconds(150))
    }

    /// Runs a script of the shell, in which `rds-iam` is the command.
    func shell(_ script: String, _ more: [String: String] = [:]) async throws -> CommandResult {
        let function = "rds_iam() { \"$RDS_IAM\" \"$@\"; }\n"
        let variables = ["RDS_IAM": try Repository.built("rds-iam")].merging(more) { $1 }
        return try await run(program: "/bin/sh", ["-c", function + script], variables)
    }

    /// Starts the command and returns while it runs; what it prints goes into files.
    func start(_ arguments: [String]) throws -> SpawnedProcess {
        let input = try stream("in", O_RDWR)
        let output = try stream("out", O_WRONLY)
        let errors = try stream("err", O_WRONLY)
        return try SpawnedProcess(
            Repository.built("rds-iam"),
            arguments,
            environment: environment,
            input: input,
            output: output,
            errors: errors
        )
    }

    private func stream(_ name: String, _ flags: Int32) throws -> SpawnedProcess.Stream {
        let descriptor = open(folder.path(name), flags | O_CREAT | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        return SpawnedProcess.Stream(owning: descriptor)
    }

    func text(of file: String) throws -> String { try String(contentsOfFile: folder.path(file), encoding: .utf8) }

    /// Asks the server as its superuser, over its socket.
    func superuser(_ sql: String) async throws -> String {
        let facts = try #require(server).facts
        let words = ["psql", "-XAtq", "-h", facts.socket, "-p", String(facts.port), "-U", "postgres", "-d", "postgres"]
        let result = try await ChildProcess.run("/usr/bin/env", words + ["-c", sql])
        try #require(result.status == 0, "\(result.errors)")
        return result.output.trimmingCharacters(in: .newlines)
    }
}
#endif
