#if Command && Proxy
import Foundation
import RDSIAMSystem
import TestSupport

/// One look-alike of RDS for all tests here.
enum SharedServer {
    private static let task = Task {
        try await RDSLookalike.start(["--user", "andrew", "--user", "berta"])
    }

    static var value: RDSLookalike {
        get async throws { try await task.value }
    }
}

/// `rds-iam proxy` in a process of its own, with a directory of its own for all that it writes.
final class ProxyProcess: Sendable {
    let folder: TemporaryFolder
    let server: RDSLookalike
    private let process: SpawnedProcess
    /// Its exit status, once it has ended.
    private let end: Task<Int32, any Error>

    /// Starts it in front of the users' databases, and does not wait for it.
    ///
    /// - Parameter shell: What runs the command, with the command's words as its arguments; the command itself if this
    ///   is `nil`.
    init(
        _ arguments: [String],
        users: [String] = ["andrew"],
        in folder: TemporaryFolder? = nil,
        shell: String? = nil,
        environment: [String: String] = [:]
    ) async throws {
        let folder = try folder ?? TemporaryFolder()
        let server = try await SharedServer.value
        let conninfos = users.map { server.conninfo(user: $0) + " sslrootcert=\(server.facts.ca)" }
        let command = [try Repository.built("rds-iam"), "proxy"] + conninfos + arguments
        let words = shell.map { ["/bin/bash", "-c", $0, "bash"] + command } ?? command
        // Two proxies may write to the same files.
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC
        let output = SpawnedProcess.Stream(owning: open(folder.path("out"), flags, 0o600))
        let errors = SpawnedProcess.Stream(owning: open(folder.path("log"), flags, 0o600))
        let process = try SpawnedProcess(
            words[0],
            Array(words.dropFirst()),
            environment: Self.environment(folder, server).merging(environment) { $1 },
            input: SpawnedProcess.Stream(owning: open("/dev/null", O_RDONLY | O_CLOEXEC)),
            output: output,
            errors: errors
        )
        (self.folder, self.server, self.process) = (folder, server, process)
        end = Task { try await process.wait() }
    }

    deinit { process.send(SIGKILL) }

    private static func environment(_ folder: TemporaryFolder, _ server: RDSLookalike) -> [String: String] {
        [
            "HOME": folder.path("home"), "XDG_STATE_HOME": folder.path("state"), "XDG_RUNTIME_DIR": folder.url.path,
            "AWS_SHARED_CREDENTIALS_FILE": server.facts.credentials, "AWS_CONFIG_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        ]
    }

    /// Starts it and waits until it serves.
    static func serving(
        _ arguments: [String] = [],
        users: [String] = ["andrew"],
        in folder: TemporaryFolder? = nil,
        shell: String? = nil,
        environment: [String: String] = [:]
    ) async throws -> ProxyProcess {
        let proxy = try await ProxyProcess(arguments, users: users, in: folder, shell: shell, environment: environment)
        let isUp = try await comesTrue { try proxy.lines.count >= users.count || proxy.hasEnded }
        guard isUp, try proxy.lines.count >= users.count else {
            throw Missing(description: "The proxy has not started: \(try proxy.log)")
        }
        return proxy
    }

    /// What it printed: a connection string on each line.
    var lines: [String] { get throws { try text("out").split(separator: "\n").map(String.init) } }

    /// What it logged.
    var log: String { get throws { try text("log") } }

    func text(_ name: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: folder.path(name)) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    /// The number of the process that was started.
    var identifier: pid_t { process.identifier }

    var hasEnded: Bool { kill(process.identifier, 0) != 0 }

    func send(_ signal: Int32) { process.send(signal) }

    /// The exit status.
    func status() async throws -> Int32 { try await end.finished() }

    /// Ends it and returns its exit status.
    @discardableResult
    func stop(_ signal: Int32 = SIGTERM) async throws -> Int32 {
        send(signal)
        return try await status()
    }

    /// Runs psql with one of the connection strings that the proxy printed.
    func psql(
        _ sql: String = "select current_user",
        line: Int = 0,
        _ more: String = "",
        environment: [String: String] = [:]
    ) async throws -> CommandResult {
        try await Self.psql(try lines[line] + " " + more, sql, environment)
    }

    static func psql(
        _ conninfo: String,
        _ sql: String,
        _ environment: [String: String] = [:]
    ) async throws
        -> CommandResult
    {
        try await ChildProcess.run(
            "/usr/bin/env",
            ["psql", "-XAtw", conninfo, "-c", sql],
            environment: ["HOME": "/nonexistent"].merging(environment) { $1 }
        )
    }

    /// Runs `rds-iam` with other arguments.
    static func rdsIAM(_ arguments: [String], environment: [String: String] = [:]) async throws -> CommandResult {
        try await ChildProcess.run(Repository.built("rds-iam"), arguments, environment: environment)
    }
}
#endif
