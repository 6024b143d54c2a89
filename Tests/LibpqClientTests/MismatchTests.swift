import Foundation
import LibpqClient
import Testing

/// A value, and a type that it does not have.
struct MismatchCase: Sendable, CustomTestStringConvertible {
    let sql: String
    let type: any PGDecodable.Type

    init(_ sql: String, _ type: any PGDecodable.Type) {
        self.sql = sql
        self.type = type
    }

    var testDescription: String { "\(sql) as \(type)" }
}

@Suite("Typed access to another type", .timeLimit(.minutes(5)))
struct MismatchTests {
    static let cases = [
        MismatchCase("'secret'::text", Int.self), MismatchCase("70000::int4", Int16.self),
        MismatchCase("(-1)::int4", UInt32.self), MismatchCase("1::int4", Bool.self),
        MismatchCase("1::int4", Double.self),
        MismatchCase("0.1::float8", Float.self), MismatchCase("'secret'::text", UUID.self),
        MismatchCase("'secret'::text", [UInt8].self), MismatchCase("'infinity'::timestamptz", Date.self),
        MismatchCase("'-infinity'::timestamptz", Date.self), MismatchCase("timestamp '2026-01-01'", Date.self),
        MismatchCase("repeat('7', 39)::numeric", Decimal.self), MismatchCase("'infinity'::numeric", Decimal.self),
        MismatchCase("'true'::text", Bool.self), MismatchCase("'infinity'::date", PGDate.self),
        MismatchCase("'-infinity'::timestamp", PGTimestamp.self), MismatchCase("date '2026-01-01'", PGTimestamp.self),
        MismatchCase("time '12:00'", PGDate.self), MismatchCase("timestamptz '2026-01-01 Z'", PGTimestamp.self),
        MismatchCase("340282366920938463463374607431768211456::numeric", Decimal.self),
        MismatchCase("array[1,null]", [Int].self), MismatchCase("array[[1,2],[3,4]]", [Int].self),
        MismatchCase("array['secret']", [Int].self),
        MismatchCase("1::int4", [Int].self),
    ]

    @Test("is refused in both forms, naming the column and not the value", arguments: cases)
    func mismatch(_ item: MismatchCase) async throws {
        let connection = try await Server.connect()
        for format in [PGFormat.text, .binary] {
            let result = try await connection.query("select \(item.sql) as odd", resultFormat: format)
            let row = try #require(result.rows.first)
            let error = #expect(throws: PGError.self) { _ = try row.decodeIfPresent(item.type, "odd") as Any? }
            #expect(error?.code == .typeMismatch)
            #expect(error?.message.contains("Column \"odd\"") == true)
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test("is refused as text if the binary form is not text")
    func binaryAsText() async throws {
        let result = try await Server.connect().query("select 65::int4 as n", resultFormat: .binary)
        let error = #expect(throws: PGError.self) { try result.rows.first?.decode(String.self, "n") }
        #expect(error?.code == .typeMismatch)
    }

    @Test("tells NULL from unknown columns")
    func nullAndUnknown() async throws {
        let result = try await Server.connect().query("select null::int as nothing, 1 as \"Odd Name\"")
        let row = try #require(result.rows.first)
        #expect(try await code { _ = try row.decode(Int.self, "nothing") } == .unexpectedNull)
        #expect(try row.decodeIfPresent(Int.self, "nothing") == nil)
        #expect(try row.decode(Int.self, "Odd Name") == 1)
        #expect(try await code { _ = try row.decode(Int.self, "odd name") } == .unknownColumn)
        for index in [-1, 2, Int.max] {
            #expect(try await code { _ = try row.decodeIfPresent(Int.self, at: index) } == .unknownColumn)
            #expect(try await code { _ = try row[index] } == .unknownColumn)
            #expect(try await code { _ = try row.field(index) } == .unknownColumn)
        }
        for name in ["odd name", "", "Odd Name\0", "e\u{301}"] {
            #expect(try await code { _ = try row[name] } == .unknownColumn)
        }
    }

    @Test("reads not-a-number as not-a-number")
    func notANumber() async throws {
        for format in [PGFormat.text, .binary] {
            let result = try await Server.connect().query(
                "select 'nan'::float8, 'nan'::numeric",
                resultFormat: format
            )
            #expect(try result.rows.first?.decode(Double.self, at: 0).isNaN == true)
            #expect(try result.rows.first?.decode(Decimal.self, at: 1).isNaN == true)
        }
    }
}
