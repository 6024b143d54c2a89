import Foundation
import PGRDSIAM
import Testing

/// A value, and the SQL expression for it.
struct TypeCase<Value: PGDecodable & PGEncodable & Equatable>: Sendable, CustomTestStringConvertible {
    let sql: String
    let value: Value

    init(_ sql: String, _ value: Value) {
        self.sql = sql
        self.value = value
    }

    var testDescription: String { sql }

    /// Reads the value in both forms, then sends it back: the server finds it equal.
    func check() async throws {
        let connection = try await Server.connect()
        for format in [PGFormat.text, .binary] {
            let result = try await connection.query("select \(sql)", resultFormat: format)
            #expect(try result.rows.first?.decode(Value.self, at: 0) == value, "\(format)")
        }
        #expect(try await connection.value("select \(sql) is not distinct from $1", value) == true)
    }
}

@Suite("Typed access", .timeLimit(.minutes(5)))
struct TypeTests {
    @Test("reads and sends bool", arguments: [TypeCase("true", true), TypeCase("false", false)])
    func bools(_ item: TypeCase<Bool>) async throws { try await item.check() }

    @Test(
        "reads and sends integers of every width",
        arguments: [
            TypeCase("(-32768)::int2", -32_768), TypeCase("0::int4", 0), TypeCase("(-1)::int4", -1),
            TypeCase("2147483647::int4", 2_147_483_647), TypeCase("(-9223372036854775808)::int8", Int.min),
            TypeCase("9223372036854775807", Int.max),
        ]
    )
    func integers(_ item: TypeCase<Int>) async throws { try await item.check() }

    @Test("reads and sends oid", arguments: [TypeCase("4294967295::oid", UInt32.max), TypeCase("0::oid", 0)])
    func oids(_ item: TypeCase<UInt32>) async throws { try await item.check() }

    @Test(
        "reads and sends floating-point numbers",
        arguments: [
            TypeCase("0.1::float8", 0.1), TypeCase("'-infinity'::float8", -.infinity),
            TypeCase("5e-324::float8", Double.leastNonzeroMagnitude),
            TypeCase("1.7976931348623157e308::float8", .greatestFiniteMagnitude),
            TypeCase("0.5::float4", 0.5),
        ]
    )
    func doubles(_ item: TypeCase<Double>) async throws { try await item.check() }

    @Test("reads and sends float4", arguments: [TypeCase("0.1::float4", Float(0.1))])
    func floats(_ item: TypeCase<Float>) async throws { try await item.check() }

    @Test(
        "reads and sends text of every kind",
        arguments: [
            TypeCase("''", ""), TypeCase("'pi' || chr(960) || chr(128512)", "piπ😀"), TypeCase("'a'::varchar", "a"),
            TypeCase("'n'::name", "n"), TypeCase("repeat('long', 10000)", String(repeating: "long", count: 10_000)),
        ]
    )
    func strings(_ item: TypeCase<String>) async throws { try await item.check() }

    @Test(
        "reads and sends bytes",
        arguments: [TypeCase("''::bytea", []), TypeCase(#"'\x00ff5c27'::bytea"#, [0, 255, 0x5C, 0x27] as [UInt8])]
    )
    func bytes(_ item: TypeCase<[UInt8]>) async throws {
        try await item.check()
        try await TypeCase(item.sql, Data(item.value)).check()
    }

    @Test("reads bytes in the older text form too")
    func escapedBytes() async throws {
        let connection = try await Server.connect()
        _ = try await connection.execute("set bytea_output = 'escape'")
        #expect(try await connection.value(#"select '\x00ff5c41'::bytea"#) == [0, 255, 0x5C, 0x41] as [UInt8])
    }

    @Test("reads and sends UUIDs")
    func uuids() async throws {
        let uuid = UUID()
        try await TypeCase("'\(uuid)'::uuid", uuid).check()
    }

    @Test(
        "reads and sends instants to the microsecond, from any century",
        arguments: [
            "2000-01-01 00:00:00Z", "1970-01-01 00:00:00Z", "2026-02-28 23:59:59.5Z", "2024-02-29 12:00:00+05:45",
            "1600-03-01 00:00:00Z", "1900-02-28 23:59:59Z", "0044-03-15 00:00:00Z BC", "0001-12-31 23:59:59Z BC",
            "0001-01-01 00:00:00Z", "12345-06-07 00:00:00Z",
        ]
    )
    func dates(_ text: String) async throws {
        let sql = "'\(text)'::timestamptz"
        let seconds = try #require(
            try await Server.connect().value("select extract(epoch from \(sql))::float8", as: Double.self)
        )
        try await TypeCase(sql, Date(timeIntervalSince1970: seconds)).check()
    }

    @Test(
        "reads instants in text form whatever the time zone",
        arguments: ["UTC", "Asia/Kathmandu", "America/St_Johns"]
    )
    func timeZones(zone: String) async throws {
        let connection = try await Server.connect()
        _ = try await connection.execute("set timezone = '\(zone)'")
        for seconds in [-5_000_000_000.0, -1_234_567_890.25, 0, 1_234_567_890.25, 7_000_000_000] {
            let date = Date(timeIntervalSince1970: seconds)
            #expect(try await connection.value("select to_timestamp($1)", seconds) == date)
        }
    }

    @Test(
        "reads and sends decimal numbers exactly",
        arguments: [
            TypeCase("0::numeric", Decimal(0)), TypeCase("42::int4", 42),
            TypeCase("12345678901234567890.000012345::numeric", Decimal(string: "12345678901234567890.000012345") ?? 0),
            TypeCase("(-0.00000001)::numeric", Decimal(string: "-0.00000001") ?? 0),
            TypeCase("10000.1000::numeric", Decimal(string: "10000.1") ?? 0),
            TypeCase("1e20::numeric", Decimal(string: "100000000000000000000") ?? 0),
        ]
    )
    func decimals(_ item: TypeCase<Decimal>) async throws { try await item.check() }
}
