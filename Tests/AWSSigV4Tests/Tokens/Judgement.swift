import Foundation

/// Asks the look-alike's verifier, a Python program of the standard library alone, what it thinks of tokens.
enum Judgement {
    struct Case: Encodable, Sendable {
        let id: Int
        let user: String
        let token: String
        let host: String
        let port: Int
        let region: String
        let service: String
        let now: Int64
        let accessKeyID: String
        let secretAccessKey: String
        let sessionToken: String?

        enum CodingKeys: String, CodingKey {
            case id, user, token, host, port, region, service, now
            case accessKeyID = "access_key_id"
            case secretAccessKey = "secret_access_key"
            case sessionToken = "session_token"
        }

        init(_ random: RandomToken, token: String, service: String) {
            id = random.id
            user = random.user
            self.token = token
            host = random.host
            port = random.port
            region = random.region
            self.service = service
            now = random.time + 899
            accessKeyID = random.accessKeyID
            secretAccessKey = random.secretAccessKey
            sessionToken = random.sessionToken
        }
    }

    struct Verdict: Decodable, Sendable {
        let id: Int
        let verdict: String
        let reason: String?
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The verdicts, in the order of the cases.
    static func verdicts(on cases: [Case]) async throws -> [Verdict] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "judgement-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }

        // Files instead of pipes, so that reading and writing need not overlap.
        let (input, output) = (folder.appending(path: "in"), folder.appending(path: "out"))
        let lines = try cases.map { try JSONEncoder().encode($0) + [UInt8(ascii: "\n")] }
        try Data(lines.joined()).write(to: input)
        try Data().write(to: output)
        try await run(input, output)
        return try Data(contentsOf: output).split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(Verdict.self, from: $0)
        }
    }

    private static func run(_ input: URL, _ output: URL) async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let python = ProcessInfo.processInfo.environment["RDS_IAM_TEST_PYTHON"] ?? "python3"
        process.arguments = [python, Fixture.path("rds-lookalike/verify.py")]
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = try FileHandle(forWritingTo: output)
        try process.run()

        let end = ContinuousClock.now + .seconds(120)
        while process.isRunning {
            if ContinuousClock.now > end {
                process.terminate()
                throw Failure(description: "the verifier has not ended after 120 seconds")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        guard process.terminationStatus == 0 else {
            throw Failure(description: "the verifier failed with status \(process.terminationStatus)")
        }
    }
}
