import PGConninfo
import Testing

@Suite(.timeLimit(.minutes(5))) struct SerializationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let input: String
        let uri: String
        var testDescription: String { input }
    }

    @Test(arguments: [
        Case(input: "", uri: "postgresql://"),
        Case(input: "user=u", uri: "postgresql://u@"),
        Case(input: "user=u password=p host=h port=1 dbname=d", uri: "postgresql://u:p@h:1/d"),
        Case(input: "password=p", uri: "postgresql://:p@"),
        Case(
            input: "user='' password='' host='' port='' dbname=''",
            uri: "postgresql://?user=&password=&dbname=&host=&port="
        ),
        Case(input: "host=a,b", uri: "postgresql://?host=a%2Cb"),
        Case(input: "host=a,b port=1,2", uri: "postgresql://a:1,b:2"),
        Case(input: "host=a,b port=1", uri: "postgresql://?host=a%2Cb&port=1"),
        Case(input: "host=a,b port=,", uri: "postgresql://a,b"),
        Case(input: "host=a port=','", uri: "postgresql://?host=a&port=%2C"),
        Case(input: "host=::1 port=1", uri: "postgresql://[::1]:1"),
        Case(input: "host=fe80::1%eth0", uri: "postgresql://fe80%3A%3A1%25eth0"),
        Case(input: "host=/run port=1", uri: "postgresql://%2Frun:1"),
        Case(input: "host=h port=1:2", uri: "postgresql://h:1%3A2"),
        Case(input: "dbname='a b+c'", uri: "postgresql:///a%20b%2Bc"),
        Case(input: "user=u@x options='-c a=b'", uri: "postgresql://u%40x@?options=-c%20a%3Db"),
    ])
    func uriIsReadBackTheSame(each: Case) throws {
        for dialect in Conninfo.Dialect.all {
            let conninfo = try Conninfo.parse(each.input, dialect: dialect)
            #expect(conninfo.string(as: .uri) == each.uri)
            #expect(try Conninfo.parse(conninfo.serialized(as: .uri), dialect: dialect) == conninfo)
            #expect(try Conninfo.parse(conninfo.serialized(), dialect: dialect) == conninfo)
        }
    }

    /// Every byte but NUL, alone and between others, in every keyword's place.
    @Test(arguments: Conninfo.Keyword.all)
    func everyByteSurvives(keyword: Conninfo.Keyword) throws {
        let everyByte = (UInt8(1)...255).map { $0 }
        for value in [everyByte, [], [0x20], [0x5C], [0x27], [0x2C], [0xFF]] {
            var conninfo = Conninfo()
            try conninfo.set(keyword, to: value)
            for form in [Conninfo.Form.keywordValue, .uri] {
                #expect(try Conninfo.parse(conninfo.serialized(as: form)).bytes(of: keyword) == value)
            }
        }
    }

    @Test func rewrittenKeywordsAreNotWrittenAgain() throws {
        #expect(try Conninfo.parse("postgresql://?ssl=true").string() == "sslmode=require")
        #expect(try Conninfo.parse("requiressl=0").string() == "sslmode=prefer")
    }
}
