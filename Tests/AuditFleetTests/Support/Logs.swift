import AuthTokens
import CSQLite
import Foundation
import RDSIAMHashing
import TestSupport
import TokenAuditLog

/// Logs for tests.
enum Logs {
    static var quiet: AuditLogConfiguration {
        var configuration = AuditLogConfiguration(
            actor: AuditActor(user: "andrew", userID: 501, processID: 4711, program: "web", host: "app-1")
        )
        configuration.reserveSize = 0
        configuration.idleCheckpoint = nil
        return configuration
    }

    static func event(_ number: Int, user: String = "app", at time: Date = Date()) -> TokenEvent {
        let request = AuthTokenRequest(host: "db-\(number % 3).example.com", user: user, database: "blog")
        let token = AuthToken(
            value: "db.example.com:5432/?Action=connect&X-Amz-Signature=\(number) \(user) \(time)",
            kind: .signed,
            signedAt: time,
            expiresAt: time + 900,
            credential: CredentialIdentity(
                source: "profile",
                accessKeyID: "AKIDEXAMPLE",
                accountID: "123456789012",
                roleARN: "arn:aws:iam::123456789012:role/\(user)"
            ),
            region: "eu-west-2"
        )
        return TokenEvent(.issue, of: request, generator: "default", token: token, time: time)
    }

    /// Writes events in many tasks, so that they share commits, and closes the log.
    static func write(
        _ count: Int,
        to path: String,
        user: String = "app",
        configuration: AuditLogConfiguration = quiet,
        at time: @escaping @Sendable (Int) -> Date = { _ in Date() }
    ) async throws {
        var configuration = configuration
        // The log's own events are as old as the others.
        configuration.now = { time(0) }
        let log = try await AuditLog.open(path, configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<32 {
                group.addTask {
                    for number in stride(from: task, to: count, by: 32) {
                        try await log.record(event(number, user: user, at: time(number)))
                    }
                }
            }
            try await group.waitForAll()
        }
        await log.close()
    }

    static func head(of path: String) async throws -> AuditHead { try await AuditLogReader.open(path).head() }

    /// Copies a log that is closed.
    static func copy(_ path: String, to copy: String) throws {
        try FileManager.default.copyItem(atPath: path, toPath: copy)
    }

    /// Changes a log's file behind its back, without its guards.
    static func forge(_ path: String, _ sql: String) throws {
        var handle: OpaquePointer?
        guard sqlite3_open(path, &handle) == SQLITE_OK else { throw Missing(description: "cannot open \(path)") }
        defer { sqlite3_close(handle) }
        let guards = [
            "event_in_sequence", "event_unchanged", "event_kept", "anchor_true", "anchor_unchanged", "anchor_kept",
        ]
        let statements = guards.map { "DROP TRIGGER IF EXISTS \($0)" } + [sql]
        guard sqlite3_exec(handle, statements.joined(separator: ";"), nil, nil, nil) == SQLITE_OK else {
            throw Missing(description: String(cString: sqlite3_errmsg(handle)))
        }
    }

    /// Appends a row with any bytes as its payload, which follows from the row before it.
    static func append(_ payload: [UInt8], to path: String) async throws {
        let head = try await head(of: path)
        let sequence = head.sequence + 1
        let leaf = try SHA256Digest.hash([0] + payload).bytes
        let number = withUnsafeBytes(of: sequence.bigEndian) { [UInt8]($0) }
        let chain = try SHA256Digest.hash([2] + head.chainHash + number + leaf).bytes
        func hexadecimal(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
        // A cast keeps the bytes as they are, and the column's type.
        try forge(
            path,
            """
            INSERT INTO event (seq, payload, leaf_hash, chain_hash)
            VALUES (\(sequence), CAST(x'\(hexadecimal(payload))' AS TEXT), x'\(hexadecimal(leaf))', x'\(hexadecimal(chain))')
            """
        )
    }
}
