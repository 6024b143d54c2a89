import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("One connection to a file", .timeLimit(.minutes(2)))
struct ConnectionTests {
    let folder: TemporaryFolder
    var path: String { folder.path("tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    struct Reading: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let run: @Sendable (Connection, _ copy: String) throws -> Void

        static let all = [
            Reading(testDescription: "head") { connection, _ in _ = try connection.head() },
            Reading(testDescription: "list") { connection, _ in
                _ = try EntryQuery(filter: AuditFilter()).page(on: connection, after: nil, limit: 5)
            },
            Reading(testDescription: "statistics") { connection, _ in _ = try StatisticsQuery().run(on: connection) },
            Reading(testDescription: "export") { connection, _ in
                _ = try Exporter(connection: connection, format: .csv) { _ in }.export(after: nil)
            },
            Reading(testDescription: "backup") { connection, copy in
                _ = try Backup(source: connection, path: copy).run()
            },
        ]
    }

    @Test("a reader waits for a late lock as long as for the first", arguments: Reading.all)
    func patience(reading: Reading) async throws {
        try await Logs.write(20, to: path)
        let connection = try ReadOnlyFile(path: path).open(limit: .seconds(10))
        // Longer than the limit, which begins again.
        try await Task.sleep(for: .milliseconds(10_100))
        let holder = try LockHolder(of: path, for: .milliseconds(200))
        try reading.run(connection, folder.path("copy"))
        holder.wait()
    }

    @Test("NULL reads as nil")
    func null() throws {
        let connection = try Connection(path: ":memory:", mode: .memory)
        #expect(try connection.integer("SELECT NULL") == nil)
        #expect(try connection.text("SELECT NULL") == nil)
        #expect(try connection.integer("SELECT 0") == 0)
        #expect(try connection.integer("SELECT 1 WHERE 0") == nil)
    }
}

/// A writer that locks the file for a while, on its own thread.
final class LockHolder: Sendable {
    private let done = DispatchSemaphore(value: 0)

    init(of path: String, for time: Duration) throws {
        let held = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [done] in
            let connection = try? Connection(path: path, mode: .writing)
            try? connection?.execute("BEGIN EXCLUSIVE")
            held.signal()
            Thread.sleep(forTimeInterval: time / .seconds(1))
            connection?.rollBack()
            done.signal()
        }
        held.wait()
    }

    /// Returns when the lock is released.
    func wait() { done.wait() }
}
