import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("The rows of a period", .timeLimit(.minutes(1)))
struct PeriodTests {
    private static func rows(
        _ seconds: Range<Double>,
        of room: SearchRoom,
        stride: Int = 20_000
    ) throws -> ClosedRange<Int64>? {
        let micros = (Int64(seconds.lowerBound * 1_000_000), Int64(seconds.upperBound * 1_000_000))
        return try PeriodRows(since: micros.0, until: micros.1, stride: stride).rows(among: 1...50, on: room.connection)
    }

    @Test("span from the first to the last, in steps of any size", arguments: [1, 2, 3, 7, 1000])
    func span(stride: Int) throws {
        let room = try SearchRoom()
        // Three rows of each second, and one that a wrong clock has put among them.
        for row in Int64(1)...49 { try room.add(row, user: "u", seconds: row / 3) }
        try room.add(50, user: "u", seconds: 5)
        func rows(_ seconds: Range<Double>) throws -> ClosedRange<Int64>? {
            try Self.rows(seconds, of: room, stride: stride)
        }
        #expect(try rows(2..<4) == 6...11)
        #expect(try rows(2..<5.5) == 6...50)
        #expect(try rows(4.5..<4.6) == nil)
        #expect(try rows(17..<9e9) == nil)
        #expect(try rows(-9e9..<1) == 1...2)
        #expect(try PeriodRows(since: nil, until: 1, stride: stride).rows(among: 1...50, on: room.connection) == 1...2)
        #expect(
            try PeriodRows(since: 16_000_000, until: nil, stride: stride).rows(among: 1...50, on: room.connection)
                == 48...49
        )
        #expect(try PeriodRows(since: nil, until: nil).rows(among: 1...50, on: room.connection) == 1...50)
    }

    @Test("are all rows if times are no numbers, or if there is no index")
    func noIndex() throws {
        let room = try SearchRoom()
        for row in Int64(1)...50 { try room.add(row, user: "u", seconds: row) }
        #expect(try Self.rows(10..<12, of: room) == 10...11)
        try room.add(51, #"{"activity":"a","time_us":"text"}"#)
        #expect(try Self.rows(10..<12, of: room) == 10...11)
        #expect(try Self.rows(60..<9e9, of: room) == 1...50)
        try room.connection.execute("DROP INDEX event_time_us")
        #expect(try Self.rows(10..<12, of: room) == 1...50)
    }

    @Test("are all that statistics read")
    func statistics() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try Logs.writeAtOnce(300, to: path)
        let reader = try await AuditLogReader.open(path)
        let some = try await reader.statistics(since: Events.start + 100, until: Events.start + 110)
        #expect(some.rows == 10 && some.total.issued == 10)
        let last = try await reader.statistics(since: Events.start + 291)
        #expect(last.rows == 10 && last.total.issued == 10)
        let none = try await reader.statistics(since: Events.start + 301)
        #expect(none.rows == 0 && none.total.issued == 0)
        #expect(try await reader.statistics().rows == 300)
    }
}
