import LibpqClient
import TestSupport
import Testing

@Suite("A query with parameters", .timeLimit(.minutes(2)))
struct QueryTests {
    @Test("takes values from parameters, never from its text")
    func parameters() async throws {
        let connection = try await Server.connect()
        let row = try #require(
            try await connection.query(
                "select $1::int8 + 1 as sum, $2::text as name, $3::text as nothing, $4::bool as flag, $5::bytea as bytes",
                Int.max - 1,
                "Robert'); drop table students;--",
                nil,
                true,
                [0, 255, 0] as [UInt8]
            ).rows.first
        )
        #expect(try row.decode(Int.self, "sum") == Int.max)
        #expect(try row.decode(String.self, "name") == "Robert'); drop table students;--")
        #expect(try row.decodeIfPresent(String.self, "nothing") == nil)
        #expect(try row.decode(Bool.self, "flag"))
        #expect(try row.decode([UInt8].self, "bytes") == [0, 255, 0])
    }

    @Test("tells an optional variable that is nil from one that is not")
    func optionals() async throws {
        let connection = try await Server.connect()
        let (some, none): (Int?, Int?) = (7, nil)
        let row = try #require(try await connection.query("select $1::int, $2::int", some, none).rows.first)
        #expect(try row.texts() == ["7", nil])
    }

    @Test("sends a parameter in binary form if it is asked to")
    func binaryParameter() async throws {
        let connection = try await Server.connect()
        let four = PGParameter.binary(Int32(-4), type: .int4)
        #expect(try await connection.value("select pg_typeof($1)::text || $1", four) == "integer-4")
        let typed = PGParameter.text("5", type: .int2)
        #expect(try await connection.value("select pg_typeof($1)::text || $1", typed) == "smallint5")
    }

    @Test("returns rows, their number and the command's tag")
    func results() async throws {
        let connection = try await Server.connect()
        let rows = try await connection.query("select n from generate_series(1, $1::int) n", 3)
        #expect(try rows.rows.map { try $0["n"] } == ["1", "2", "3"])
        #expect(rows.columns == ["n"] && rows.commandTag == "SELECT 3" && rows.affectedRows == 3)
        let none = try await connection.query("set application_name = 'x'")
        #expect(none.rows.isEmpty && none.commandTag == "SET" && none.affectedRows == nil)
    }

    @Test("returns 100,000 rows in either form", arguments: [PGFormat.text, .binary])
    func manyRows(format: PGFormat) async throws {
        let connection = try await Server.connect()
        let result = try await connection.query(
            "select n, repeat('x', 50) as filling from generate_series(1, 100000) n",
            resultFormat: format
        )
        #expect(result.rows.count == 100_000)
        #expect(try result.rows.reduce(0) { try $0 + $1.decode(Int.self, at: 0) } == 5_000_050_000)
    }

    @Test("sends and returns values of 5 million bytes")
    func longValue() async throws {
        let connection = try await Server.connect()
        let bytes = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let result = try await connection.query("select $1::bytea", bytes, resultFormat: .binary)
        #expect(try result.rows.first?.decode([UInt8].self, at: 0) == bytes)
    }

    @Test("refuses NUL in the statement and in texts, and sends nothing")
    func nul() async throws {
        let connection = try await Server.connect()
        let refusals = [
            try await code { _ = try await connection.query("select 1\0; select 2") },
            try await code { _ = try await connection.execute("select 1\0") },
            try await code { _ = try await connection.query("select $1::text", "a\0b") },
            try await code { _ = try await connection.query("select $1", PGParameter.text("\0", type: .text)) },
        ]
        #expect(refusals == Array(repeating: .invalidStatement, count: 4))
        #expect(try await connection.value("select $1::bytea", [0] as [UInt8]) == [0] as [UInt8])
    }

    @Test("refuses more parameters than the protocol can number, and sends as many as it can")
    func parameterLimit() async throws {
        let connection = try await Server.connect()
        let most = [(any PGEncodable)?](repeating: 1, count: 65_535)
        let list = (1...65_535).map { "$\($0)" }.joined(separator: ",")
        let result = try await connection.query(
            "select count(*) from (values (array[\(list)]::int[])) v",
            parameters: most
        )
        #expect(try result.rows.first?[0] == "1")
        let refusal = try await code { _ = try await connection.query("select 1", parameters: most + [1]) }
        #expect(refusal == .invalidStatement)
    }

    @Test(
        "reports the server's error, and can go on",
        arguments: [
            ("select 1/$1::int", "22012"), ("select $2::int", "42P18"), ("selec", "42601"),
            ("select 1; select 2", "42601"),
        ]
    )
    func serverError(sql: String, state: String) async throws {
        let connection = try await Server.connect()
        let error = await #expect(throws: PGError.self) { try await connection.query(sql, 0) }
        #expect(error?.code == .queryFailed)
        #expect(error?.sqlState == state || state == "42P18" && error?.sqlState == "08P01")
        #expect(try await connection.value("select 'still here'") == "still here")
    }

    @Test("runs statements of many tasks one by one, in the order of the calls")
    func order() async throws {
        let connection = try await Server.connect()
        _ = try await connection.execute("create temp table log (id serial, who int)")
        let tasks = (0..<200).map { number in
            connection.begin { try await connection.query("insert into log (who) values ($1)", number) }
        }
        for task in tasks { _ = try await task.finished() }
        let result = try await connection.query("select who from log order by id")
        #expect(try result.rows.map { try $0.decode(Int.self, at: 0) } == Array(0..<200))
    }
}
