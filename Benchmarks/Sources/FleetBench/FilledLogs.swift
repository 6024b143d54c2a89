import AuthTokens
import Foundation
import TokenAuditLog

/// Logs of the same size in a folder of their own.
struct FilledLogs {
    let url: URL
    private let count: Int
    private let rows: Int

    init(_ count: Int, rows: Int) throws {
        (self.count, self.rows) = (count, rows)
        url = URL(filePath: NSTemporaryDirectory()).appending(path: "fleet-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(at: url) }

    /// Makes the logs.
    func paths() async throws -> [String] {
        let paths = (1...count).map { url.appending(path: "log\($0)").path }
        for path in paths { try await fill(path) }
        return paths
    }

    /// Makes a log that verifies.
    private func fill(_ path: String) async throws {
        let log = try await AuditLog.open(path)
        try await log.record(Self.event(path))
        await log.close()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../../Fixtures/audit/grow.py"
        )
        process.arguments = ["python3", script.path, path, String(rows)]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(description: "grow.py failed.") }
    }

    /// A token of its own for each name.
    static func event(_ name: String) -> TokenEvent {
        let now = Date()
        let token = AuthToken(
            value: "db.example.com:5432/?Action=connect&X-Amz-Signature=\(name)",
            kind: .signed,
            signedAt: now,
            expiresAt: now + 900,
            credential: CredentialIdentity(
                source: "profile",
                accessKeyID: "AKIDEXAMPLE",
                profile: "production",
                accountID: "123456789012",
                roleARN: "arn:aws:iam::123456789012:role/application"
            ),
            region: "eu-central-1"
        )
        let request = AuthTokenRequest(
            host: "cluster.c1a2b3c4d5e6.eu-central-1.rds.amazonaws.com",
            user: "app",
            database: "blog"
        )
        return TokenEvent(.issue, of: request, generator: "default", token: token, time: now)
    }
}
