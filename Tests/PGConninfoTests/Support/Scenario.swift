import ConninfoDifferential
import Foundation
import PGConninfo
import Testing

/// A connection string, an environment and files.
///
/// `{home}` in them stands for a temporary home directory.
struct Scenario: Sendable, CustomTestStringConvertible {
    let name: String
    var conninfo = ""
    var variables: [String: String] = [:]
    var files: [String: String] = [:]
    var permissions = 0o600

    init(
        _ name: String,
        _ conninfo: String = "",
        variables: [String: String] = [:],
        files: [String: String] = [:],
        permissions: Int = 0o600
    ) {
        self.name = name
        self.conninfo = conninfo
        self.variables = variables
        self.files = files
        self.permissions = permissions
    }

    var testDescription: String { name }

    /// Creates the files.
    ///
    /// One whose name ends in a slash is a directory.
    func withHome<Result>(_ body: (Run) throws -> Result) throws -> Result {
        let home = FileManager.default.temporaryDirectory.appending(path: "conninfo-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: home) }
        for (name, contents) in files {
            let file = home.appending(path: name)
            let directory = name.hasSuffix("/") ? file : file.deletingLastPathComponent()
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            guard !name.hasSuffix("/") else { continue }
            try Data(expand(contents, home).utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: file.path)
        }
        return try body(run(in: home))
    }

    private func run(in home: URL) -> Run {
        var variables = variables.mapValues { expand($0, home) }
        if variables["PGSYSCONFDIR"] == nil { variables["PGSYSCONFDIR"] = home.appending(path: "etc").path }
        return Run(conninfo: expand(conninfo, home), variables: variables, home: home.path)
    }

    private func expand(_ text: String, _ home: URL) -> String {
        text.replacingOccurrences(of: "{home}", with: home.path)
    }
}

/// A scenario whose home directory exists.
struct Run {
    let conninfo: String
    let variables: [String: String]
    let home: String

    func askLibpq(blocking: Bool = false) throws -> OracleProcess.Answer {
        let environment = variables.merging(["HOME": home]) { $1 }
        return try OracleProcess.connect(conninfo, environment: environment, blocking: blocking)
    }

    func resolve() throws(ConninfoError) -> ResolvedConninfo {
        var environment = ConninfoEnvironment(variables: variables, homeDirectory: home, files: .fileSystem)
        environment.userName = ConninfoEnvironment.process.userName
        return try Conninfo.parse(conninfo, dialect: Oracle.dialect).resolve(in: environment)
    }
}
