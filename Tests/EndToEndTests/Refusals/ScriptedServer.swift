import Foundation
import Synchronization
import TestSupport

/// A server with TLS that refuses logins in given words (`Fixtures/rds-lookalike/refuse`), for what no PostgreSQL
/// server says: RDS Proxy, Aurora DSQL, poolers.
final class ScriptedServer: Sendable {
    /// The port of 127.0.0.1.
    let port: Int
    /// Its certificate, which is its own authority.
    let certificate: String
    private let folder: TemporaryFolder
    private let process: ServerProcess

    /// What it answers instead of letting a user in.
    struct Refusal: Encodable, Sendable {
        /// The SQLSTATE.
        var C = "28000"
        /// The message.
        var M = ""
        /// The hint.
        var H: String?
        /// Whether it asks for the password first.
        var ask = true
        /// Whether it answers nothing at all.
        var silent: Bool?
        /// Whether it closes the connection at once.
        var close: Bool?
        /// What it answers in another protocol.
        var bytes: String?

        /// Whether it is no answer to a login, but to the request for TLS, at which no user is known.
        var precedesLogin: Bool { silent != nil || close != nil || bytes != nil }
    }

    private let refusals: Mutex<[String: Refusal]>

    private init(_ facts: Facts, _ folder: TemporaryFolder, _ process: ServerProcess, _ refusals: [String: Refusal]) {
        (port, certificate, self.folder, self.process) = (facts.port, facts.ca, folder, process)
        self.refusals = Mutex(refusals)
    }

    private static let task = Task { try await start(.init()) }

    /// One that is started once and answers each user in other words.
    static var shared: ScriptedServer {
        get async throws { try await task.value }
    }

    /// Gives the next logins of a user an answer that is sent over TLS.
    func refuse(_ user: String, with refusal: Refusal) throws {
        try refusals.withLock {
            $0[user] = refusal
            try Self.write($0, to: folder)
        }
    }

    /// The server never finds half of a file.
    private static func write(_ refusals: [String: Refusal], to folder: TemporaryFolder) throws {
        try JSONEncoder().encode(refusals).write(to: URL(filePath: folder.path("refusals")), options: .atomic)
    }

    private struct Facts: Decodable {
        let port: Int
        let ca: String
    }

    /// Starts one that gives every user the same answer.
    static func start(_ refusal: Refusal) async throws -> ScriptedServer {
        let folder = try TemporaryFolder()
        try write(["": refusal], to: folder)
        let process = try await ServerProcess.start(
            Repository.path("Fixtures/rds-lookalike/refuse"),
            [folder.path("refusals")]
        )
        return ScriptedServer(try JSONDecoder().decode(Facts.self, from: process.facts), folder, process, ["": refusal])
    }
}
