import Foundation
import LibpqClient
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

    @Test("refuses digits that are no number of 64 bits")
    func strangeDigits() {
        let max = "9223372036854775807"
        #expect(Int(PGField(max.utf8, type: .int8)) == Int.max)
        #expect(Int(PGField("-9223372036854775808".utf8, type: .int8)) == Int.min)
        for text in ["", "-", "+1", "1 ", "0x1", "9223372036854775808", "-9223372036854775809", max + "0", "１"] {
            #expect(Int(PGField(text.utf8, type: .int8)) == nil, "\(text)")
        }
    }

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
            TypeCase("repeat('9', 38)::numeric", Decimal(string: String(repeating: "9", count: 38)) ?? 0),
            TypeCase("1e37::numeric(60,20)", Decimal(string: "1e37") ?? 0),
            TypeCase("1.5::numeric(60,50)", Decimal(string: "1.5") ?? 0),
            TypeCase(
                "(-340282366920938463463374607431768211455)::numeric",
                -(Decimal(string: "340282366920938463463374607431768211455") ?? 0)
            ),
            TypeCase(
                "('0.' || repeat('0', 60) || repeat('7', 38))::numeric",
                Decimal(string: "0." + String(repeating: "0", count: 60) + String(repeating: "7", count: 38)) ?? 0
            ),
        ]
    )
    func decimals(_ item: TypeCase<Decimal>) async throws { try await item.check() }

    @Test("reads a float4 as the same Double in both forms")
    func narrowDouble() async throws {
        let connection = try await Server.connect()
        for format in [PGFormat.text, .binary] {
            let result = try await connection.query("select 0.1::float4, 3.4e38::float4", resultFormat: format)
            #expect(try result.rows.first?.decode(Double.self, at: 0) == Double(Float(0.1)))
            #expect(try result.rows.first?.decode(Double.self, at: 1) == Double(Float(3.4e38)))
        }
    }

    @Test(
        "reads and sends days",
        arguments: [
            TypeCase("date '2000-01-01'", PGDate(year: 2000, month: 1, day: 1)),
            TypeCase("date '2024-02-29'", PGDate(year: 2024, month: 2, day: 29)),
            TypeCase("date '1900-03-01'", PGDate(year: 1900, month: 3, day: 1)),
            TypeCase("date '0044-03-15 BC'", PGDate(year: -43, month: 3, day: 15)),
            TypeCase("date '0001-12-31 BC'", PGDate(year: 0, month: 12, day: 31)),
            TypeCase("date '12345-06-07'", PGDate(year: 12_345, month: 6, day: 7)),
            TypeCase("date '4713-01-01 BC'", PGDate(year: -4712, month: 1, day: 1)),
            TypeCase("date '5874897-12-31'", PGDate(year: 5_874_897, month: 12, day: 31)),
        ]
    )
    func days(_ item: TypeCase<PGDate>) async throws { try await item.check() }

    @Test("reads every day of nine centuries as the server does")
    func manyDays() async throws {
        let result = try await Server.connect().query(
            "select d::date::text as text, d::date as day from generate_series(timestamp '1599-12-25', '2500-01-05', '1 day') d",
            resultFormat: .binary
        )
        #expect(result.rows.count > 328_000)
        for row in result.rows {
            let (text, day) = (try row["text"], try row.decode(PGDate.self, "day"))
            if text != day.description { Issue.record("\(text ?? "") is read as \(day)") }
        }
    }

    @Test(
        "reads and sends times of day",
        arguments: [
            TypeCase("time '00:00'", PGTime(hour: 0, minute: 0)),
            TypeCase("time '24:00'", PGTime(hour: 24, minute: 0)),
            TypeCase("time '23:59:59.999999'", PGTime(hour: 23, minute: 59, second: 59, microsecond: 999_999)),
            TypeCase("time '12:30:00.05'", PGTime(hour: 12, minute: 30, microsecond: 50_000)),
        ]
    )
    func times(_ item: TypeCase<PGTime>) async throws { try await item.check() }

    @Test(
        "reads and sends days with times of day, whatever the time zone",
        arguments: [
            TypeCase(
                "timestamp '2026-01-31 23:59:59.5'",
                PGTimestamp(
                    date: PGDate(year: 2026, month: 1, day: 31),
                    time: PGTime(hour: 23, minute: 59, second: 59, microsecond: 500_000)
                )
            ),
            TypeCase(
                "timestamp '1969-12-31 00:00:00.000001'",
                PGTimestamp(
                    date: PGDate(year: 1969, month: 12, day: 31),
                    time: PGTime(hour: 0, minute: 0, microsecond: 1)
                )
            ),
            TypeCase(
                "timestamp '0044-03-15 12:00 BC'",
                PGTimestamp(date: PGDate(year: -43, month: 3, day: 15), time: PGTime(hour: 12, minute: 0))
            ),
        ]
    )
    func timestamps(_ item: TypeCase<PGTimestamp>) async throws { try await item.check() }

    @Test(
        "reads and sends arrays of integers",
        arguments: [
            TypeCase("array[1,2,-3]::int8[]", [1, 2, -3]), TypeCase("'{}'::int4[]", []),
            TypeCase("array[7]::int2[]", [7]), TypeCase("'[5:6]={1,2}'::int4[] || '{}'::int4[]", [1, 2]),
        ]
    )
    func integerArrays(_ item: TypeCase<[Int]>) async throws {
        let connection = try await Server.connect()
        for format in [PGFormat.text, .binary] {
            let result = try await connection.query("select \(item.sql)", resultFormat: format)
            #expect(try result.rows.first?.decode([Int].self, at: 0) == item.value, "\(format)")
        }
        #expect(try await connection.value("select $1::int8[]", item.value) == item.value)
    }

    @Test(
        "reads and sends arrays of text, whatever is in it",
        arguments: [
            TypeCase(
                #"array['a', '', 'NULL', 'null', '"', '\', ',', '{}', ' ', E'line\nend']"#,
                ["a", "", "NULL", "null", "\"", "\\", ",", "{}", " ", "line\nend"]
            ),
            TypeCase("array['pi' || chr(960) || chr(769), chr(39)]", ["pi\u{3C0}\u{301}", "'"]),
        ]
    )
    func textArrays(_ item: TypeCase<[String]>) async throws { try await item.check() }

    @Test("reads and sends arrays of other types, and NULL in them")
    func otherArrays() async throws {
        try await TypeCase("array[true,null,false]", [true, nil, false]).check()
        try await TypeCase("array[null]::text[]", [String?.none]).check()
        try await TypeCase("array['NULL',null]::text[]", ["NULL", nil]).check()
        try await TypeCase("array[0.5,'-infinity']::float8[]", [0.5, -Double.infinity]).check()
        try await TypeCase("array[1.50,2]::numeric[]", [Decimal(string: "1.5") ?? 0, 2]).check()
        try await TypeCase(#"array['\x00ff','\x']::bytea[]"#, [Data([0, 255]), Data()]).check()
        let uuid = UUID()
        try await TypeCase("array['\(uuid)']::uuid[]", [uuid]).check()
        try await TypeCase(
            "array['2026-01-31 12:00Z',null]::timestamptz[]",
            [Date(timeIntervalSince1970: 1_769_860_800), nil]
        ).check()
        try await TypeCase("array['2026-01-31']::date[]", [PGDate(year: 2026, month: 1, day: 31)]).check()
    }

    @Test("reads json and jsonb as text and as Swift types, in both forms")
    func json() async throws {
        struct User: Decodable, Equatable { let name: String }
        let connection = try await Server.connect()
        let sql = #"select '{"name": "andrew"}'::json as a, '{"name":"andrew"}'::jsonb as b, null::jsonb as c, 1 as d"#
        for format in [PGFormat.text, .binary] {
            let row = try #require(try await connection.query(sql, resultFormat: format).rows.first)
            #expect(try row.decode(String.self, "a") == #"{"name": "andrew"}"#)
            #expect(try row.decode(String.self, "b") == #"{"name": "andrew"}"#)
            #expect(try row["b"] == #"{"name": "andrew"}"#)
            for column in ["a", "b"] { #expect(try row.decodeJSON(User.self, column) == User(name: "andrew")) }
            #expect(try row.decodeJSON(User.self, "c") == nil)
            #expect(try await code { _ = try row.decodeJSON(User.self, "d") } == .typeMismatch)
        }
    }

    @Test("knows the OIDs of the server's types")
    func typeNames() async throws {
        let types: [PGType] = [
            .bool, .bytea, .name, .int8, .int2, .int4, .text, .oid, .json, .float4, .float8, .bpchar, .varchar, .date,
            .time,
            .timestamp, .timestamptz, .numeric, .uuid, .jsonb,
        ]
        let connection = try await Server.connect()
        for type in types {
            let sql = "select format_type($1::oid, null), typarray from pg_type where oid = $1"
            let row = try #require(try await connection.query(sql, type.oid).rows.first)
            #expect(try row[0]?.hasPrefix(type.description) == true, "\(type)")
            #expect(try row.decode(UInt32.self, at: 1) == type.array?.oid)
            #expect(type.array?.element == type)
        }
    }
}
