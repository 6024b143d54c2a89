import Foundation
import TestSupport

@testable import TokenAuditLog

/// A log without a chain: its hashes are zeros, and numbers are left out.
struct SearchRoom {
    let folder: TemporaryFolder
    let connection: Connection
    var path: String { folder.path("tokens.auditlog") }

    init() throws {
        folder = try TemporaryFolder()
        _ = FileManager.default.createFile(atPath: folder.path("tokens.auditlog"), contents: nil)
        connection = try Connection(path: folder.path("tokens.auditlog"), mode: .writing)
        try Migrator().migrate(connection, at: Events.start)
        try connection.addEntryView()
        try connection.execute("PRAGMA synchronous = OFF; DROP TRIGGER event_in_sequence")
    }

    func add(_ sequence: Int64, _ payload: String) throws {
        let insert = try connection.prepare("INSERT INTO event VALUES (?1, ?2, zeroblob(32), zeroblob(32))")
        try insert.bind(sequence, at: 1)
        try insert.bind(payload, at: 2)
        try insert.run()
    }

    func add(_ sequence: Int64, user: String, host: String = "h", print: String = "", seconds: Int64 = 0) throws {
        try add(sequence, Self.payload(user: user, host: host, print: print, seconds: seconds))
    }

    static func payload(user: String, host: String, print: String, seconds: Int64) -> String {
        let text = CanonicalJSON.object([
            "time_us": .integer(seconds * 1_000_000), "activity": .string(seconds % 3 == 0 ? "a" : "b"),
            "target": .object(["user": .string(user), "host": .string(host)]),
            "token": .object(["sha256": .string(print)]),
        ])
        return String(decoding: text.utf8, as: UTF8.self)
    }

    /// What a search finds, in pages.
    func search(
        _ filter: AuditFilter,
        limit: Int = 1000,
        stride: Int64 = 20_000,
        few: Int64 = 100_000
    ) throws -> [Int64] {
        let query = EntryQuery(filter: filter, stride: stride, mostOfPeriod: few, indexStride: few)
        var found: [Int64] = []
        var cursor: AuditCursor?
        repeat {
            let page = try query.page(on: connection, after: cursor, limit: limit)
            found += page.entries.map(\.sequence)
            cursor = page.next
        } while cursor != nil
        return found
    }

    /// What reading all rows finds.
    func scan(_ filter: AuditFilter) throws -> [Int64] {
        let matches = filter.conditions.map { condition in
            condition.values.reduce(condition.sql) { sql, value in
                let literal =
                    switch value {
                    case .text(let text): "'" + text.replacing("'", with: "''") + "'"
                    case .integer(let number): String(number)
                    }
                guard let mark = sql.firstIndex(of: "?") else { return sql }
                return sql.replacingCharacters(in: mark...mark, with: literal)
            }
        }
        let condition = (["1"] + matches).joined(separator: " AND ")
        let select = try connection.prepare("SELECT e.seq FROM entry e WHERE \(condition) ORDER BY seq DESC")
        var found: [Int64] = []
        while try select.step() { found.append(select.integer(0)) }
        return found
    }
}
