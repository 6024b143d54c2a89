import Foundation

/// A PostgreSQL server with TLS that lets IAM users in with a valid token only (`Fixtures/rds-lookalike`).
///
/// It stops when the last reference to it is gone, and when the process that runs the tests ends, however it ends.
public final class RDSLookalike: Sendable {
    /// What the look-alike says about itself when it is ready.
    public struct Facts: Sendable, Decodable {
        /// The name it answers to, and tokens are signed for.
        public let host: String
        /// The address to dial.
        public let hostaddr: String
        /// The port.
        public let port: Int
        /// The region tokens must be scoped to.
        public let region: String
        /// Its folder.
        public let dir: String
        /// The certificate authority that signed its certificate.
        public let ca: String
        /// The accounts it knows, as a shared-credentials file.
        public let credentials: String
        /// The file of its verdicts.
        public let verdicts: String
        /// The file of seconds that move the judge's clock.
        public let clock_shift: String
        /// PostgreSQL's log.
        public let log: String
        /// The folder of the socket where `postgres` is let in.
        public let socket: String
        /// PostgreSQL's process.
        public let postmaster: Int32
    }

    /// What its judge decided about one login.
    public struct Verdict: Sendable, Decodable, Equatable {
        /// The user who asked.
        public let user: String?
        /// `accepted` or `refused`.
        public let verdict: String
        /// Why it was refused.
        public let reason: String?
        /// The access key that signed, if the token names it.
        public let access_key_id: String?
        /// The SHA-256 of the token.
        public let token_sha256: String?
    }

    /// What it says about itself.
    public let facts: Facts
    private let process: ServerProcess

    private init(facts: Facts, process: ServerProcess) {
        self.facts = facts
        self.process = process
    }

    /// Starts one with the command's options, and returns when it is ready.
    public static func start(_ options: [String]) async throws -> RDSLookalike {
        let process = try await ServerProcess.start(
            Repository.path("Fixtures/rds-lookalike/start"),
            options + ["--until-stdin-closes"]
        )
        return RDSLookalike(facts: try JSONDecoder().decode(Facts.self, from: process.facts), process: process)
    }

    /// The verdicts on `user` so far, oldest first.
    public func verdicts(on user: String) throws -> [Verdict] {
        let text = try String(contentsOfFile: facts.verdicts, encoding: .utf8)
        // The judge may be writing a line just now, about another user: this one's are whole before an answer comes.
        guard let end = text.lastIndex(of: "\n") else { return [] }
        return try text[..<end].split(separator: "\n")
            .map { try JSONDecoder().decode(Verdict.self, from: Data($0.utf8)) }
            .filter { $0.user == user }
    }

    /// Moves the judge's clock.
    public func shiftClock(by seconds: Int) throws {
        try Data("\(seconds)\n".utf8).write(to: URL(filePath: facts.clock_shift))
    }

    /// Kills PostgreSQL with SIGKILL, and returns when it is gone: a dying one still takes connections.
    public func crash() async throws {
        kill(facts.postmaster, SIGKILL)
        for _ in 0..<3000 {
            if kill(facts.postmaster, 0) != 0 { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Missing(description: "PostgreSQL does not die")
    }

    /// A keyword/value string that dials it as `user`, without TLS settings and without a generator.
    public func conninfo(user: String) -> String {
        "host=\(facts.host) hostaddr=\(facts.hostaddr) port=\(facts.port) user='\(user)' dbname=postgres"
    }
}
