import Foundation

/// A server in the middle that refuses TLS and asks for the password in clear text
/// (`Fixtures/rds-lookalike/strip-tls`).
public final class TLSStripper: Sendable {
    /// The port on which it listens.
    public let port: Int
    private let folder: TemporaryFolder
    private let process: ServerProcess

    /// Starts one.
    public static func start() async throws -> TLSStripper {
        struct Facts: Decodable { let port: Int }
        let folder = try TemporaryFolder()
        let process = try await ServerProcess.start(
            Repository.path("Fixtures/rds-lookalike/strip-tls"),
            [folder.path("events")]
        )
        return TLSStripper(port: try JSONDecoder().decode(Facts.self, from: process.facts).port, folder, process)
    }

    private init(port: Int, _ folder: TemporaryFolder, _ process: ServerProcess) {
        self.port = port
        self.folder = folder
        self.process = process
    }

    /// What clients did, oldest first: `tls refused`, `startup`, `password`, `gone`.
    public func events() throws -> [String] {
        struct Event: Decodable { let event: String }
        return try String(contentsOfFile: folder.path("events"), encoding: .utf8).split(separator: "\n")
            .map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)).event }
    }
}
