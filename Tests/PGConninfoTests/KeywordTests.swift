import CLibpq
import ConninfoDifferential
import Testing

@testable import PGConninfo

@Suite(.timeLimit(.minutes(5))) struct KeywordTests {
    private struct File: Decodable { let versions: [String: [Row]] }

    private struct Row: Decodable {
        let keyword: String
        let envvar: String?
        let compiled: String?
        let dispchar: String
    }

    @Test(arguments: Conninfo.Dialect.all)
    func tableIsLibpqs(dialect: Conninfo.Dialect) throws {
        let rows = try #require(
            try Fixture.decode(File.self, from: "keywords.json").versions["\(dialect.majorVersion)"]
        )
        let keywords = Conninfo.Keyword.all.filter { $0.isKnown(in: dialect) }
        #expect(keywords.map(\.name) == rows.map(\.keyword))
        #expect(keywords.map(\.environmentVariable) == rows.map(\.envvar))
        #expect(keywords.map(\.compiledDefault) == rows.map(\.compiled))
        #expect(rows.filter { $0.dispchar == "*" }.allSatisfy { Conninfo.Keyword($0.keyword)?.isSecret == true })
    }

    @Test func linkedLibpqHasTheSameKeywords() throws {
        let options = try #require(PQconndefaults())
        defer { PQconninfoFree(options) }
        var names: [String] = []
        var option = options
        while let keyword = option.pointee.keyword {
            names.append(String(cString: keyword))
            option += 1
        }
        #expect(Conninfo.Keyword.all.filter { $0.isKnown(in: Oracle.dialect) }.map(\.name) == names)
    }

    @Test func everyNameFindsItsKeyword() {
        for keyword in Conninfo.Keyword.all { #expect(Conninfo.Keyword(keyword.name) == keyword) }
        #expect(Conninfo.Keyword.host.name == "host")
        #expect(Conninfo.Keyword.sslkeylogfile.name == "sslkeylogfile")
        #expect(Conninfo.Keyword.sslMinProtocolVersion.name == "ssl_min_protocol_version")
    }

    @Test(arguments: [
        "", "Host", "HOST", "host ", "hos", "hostt", "ssl", "requiressl", "é", "servicefile\u{0}", "\u{212A}eepalives",
        "ho\u{17F}t",
    ])
    func otherNamesFindNone(name: String) {
        #expect(Conninfo.Keyword(name) == nil)
    }

    @Test(arguments: [
        (140_000, Conninfo.Dialect.v15), (150_018, .v15), (160_014, .v16), (170_010, .v17), (180_004, .v18),
        (190_000, .v19), (250_000, .newest),
    ])
    func dialectFollowsTheLibraryVersion(version: Int, dialect: Conninfo.Dialect) {
        #expect(Conninfo.Dialect(libpqVersion: version) == dialect)
    }

    @Test func dialectsAreOrderedByAge() {
        #expect(Conninfo.Dialect.all == Conninfo.Dialect.all.sorted())
        #expect(Conninfo.Dialect.all.last == .newest)
        #expect(Conninfo.Dialect.v18.description == "libpq 18")
    }
}
