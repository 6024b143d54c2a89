import Foundation
import LibpqClient
import TestSupport
import Testing

@Suite("Text in other encodings", .timeLimit(.minutes(2)))
struct EncodingTests {
    /// A connection to a database with an encoding.
    private static func connect(_ encoding: String) async throws -> PGConnection {
        let name = "db_\(encoding.lowercased())_\(UInt32.random(in: 0...UInt32.max))"
        _ = try await Server.connect().execute(
            "create database \(name) encoding '\(encoding)' template template0 lc_collate 'C' lc_ctype 'C'"
        )
        return try await Server.connect(["dbname": name])
    }

    @Test("of a database is exchanged as UTF-8, in both directions", arguments: ["LATIN1", "WIN1252", "EUC_JP"])
    func database(encoding: String) async throws {
        let connection = try await Self.connect(encoding)
        #expect(try await connection.parameterStatus("server_encoding") == encoding)
        let text = encoding == "EUC_JP" ? "日本" : "naïve café"
        _ = try await connection.execute("create table texts (t text)")
        _ = try await connection.query("insert into texts values ($1)", text)
        let row = try #require(try await connection.query("select t, length(t) from texts").rows.first)
        #expect(try row["t"] == text && row.decode(Int.self, "length") == text.count)
        let untranslatable = await #expect(throws: PGError.self) {
            try await connection.query("insert into texts values ($1)", "\u{1F600}")
        }
        #expect(untranslatable?.sqlState == "22P05")
    }

    @Test(
        "is refused before anything is sent if the caller names one",
        arguments: ["LATIN1", "WIN1252", "SQL_ASCII", "?"]
    )
    func named(encoding: String) async throws {
        #expect(try await code { _ = try await Server.connect(["client_encoding": encoding]) } == .unsupportedEncoding)
    }

    @Test("is UTF-8 whatever the name for it", arguments: ["UTF8", "utf-8", "Unicode", "", "auto"])
    func utf8(name: String) async throws {
        let connection = try await Server.connect(["client_encoding": name])
        #expect(try await connection.value("show client_encoding") == "UTF8")
    }

    @Test("is an error after SET client_encoding, never another text")
    func changed() async throws {
        let connection = try await Server.connect()
        _ = try await connection.execute("set client_encoding = 'LATIN1'")
        // "Ã©" in LATIN1 would be a valid "é" in UTF-8.
        let result = try await connection.query("select chr(195) || chr(169) as t, 'plain' as p")
        let row = try #require(result.rows.first)
        #expect(try await code { _ = try row["t"] } == .typeMismatch)
        #expect(try await code { _ = try row.decode(String.self, "t") } == .typeMismatch)
        #expect(try row.field("t")?.bytes == [195, 169] && row["p"] == "plain")
        #expect(try await code { _ = try await connection.query("select 'é'") } == .unsupportedEncoding)
        #expect(try await code { _ = try await connection.query("select $1::text", "é") } == .unsupportedEncoding)
        _ = try await connection.execute("set client_encoding = 'UTF8'")
        #expect(try await connection.value("select $1::text", "é") == "é")
    }

    @Test("that is not UTF-8 is an error, and its bytes can be read in an encoding that takes any")
    func invalid() async throws {
        let connection = try await Self.connect("SQL_ASCII")
        let refused = await #expect(throws: PGError.self) { try await connection.query("select chr(233) as t") }
        #expect(refused?.sqlState == "22021")
        _ = try await connection.execute("set client_encoding = 'SQL_ASCII'")
        for format in [PGFormat.text, .binary] {
            let result = try await connection.query("select chr(233) as t", resultFormat: format)
            let row = try #require(result.rows.first)
            #expect(try await code { _ = try row["t"] } == .typeMismatch)
            #expect(try await code { _ = try row.decode(String.self, "t") } == .typeMismatch)
            #expect(try row.field("t")?.bytes == [0xE9])
        }
        #expect(String(PGField([0x63, 0xE9], type: .text)) == nil)
        #expect(String(PGField("é".utf8, type: .text)) == "é")
    }

    @Test("is not shown for a column in binary form")
    func binary() async throws {
        let result = try await Server.connect().query("select 65::int4 as n, 'a' as t", resultFormat: .binary)
        let row = try #require(result.rows.first)
        #expect(try await code { _ = try row["n"] } == .typeMismatch)
        #expect(try row["t"] == "a")
    }

    @Test("of identifiers is quoted, whatever is in it")
    func identifiers() async throws {
        let connection = try await Server.connect()
        for name in ["plain", "Two Words", "quo\"te", "quo\"\u{301}te", "sémantique", "select", "a;b--"] {
            let quoted = try PGConnection.quoted(identifier: name)
            let result = try await connection.query("select 1 as \(quoted)")
            #expect(result.columns.map { Array($0.utf8) } == [Array(name.utf8)])
            #expect(try result.rows.first?[name] == "1")
        }
        #expect(try await code { _ = try PGConnection.quoted(identifier: "a\0b") } == .invalidStatement)
    }
}
