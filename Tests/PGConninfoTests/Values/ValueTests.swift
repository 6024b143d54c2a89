import PGConninfo
import Testing

@Suite(.timeLimit(.minutes(5))) struct ValueTests {
    @Test func readsATypicalURI() throws {
        let conninfo = try Conninfo.parse("postgresql://andrew@db.example.com:5432/blog?sslmode=verify-full")
        #expect(conninfo[.user] == "andrew")
        #expect(conninfo[.host] == "db.example.com")
        #expect(conninfo[.port] == "5432")
        #expect(conninfo[.dbname] == "blog")
        #expect(conninfo[.sslmode] == "verify-full")
        #expect(conninfo[.password] == nil)
        #expect(conninfo.parameters.map(\.keyword) == [.user, .dbname, .host, .port, .sslmode])
        #expect(conninfo.parameters.map(\.value) == ["andrew", "blog", "db.example.com", "5432", "verify-full"])
    }

    @Test func unsetAndEmptyDiffer() throws {
        let conninfo = try Conninfo.parse("host='' user=u")
        #expect(conninfo[.host] == "")
        #expect(conninfo.bytes(of: .host) == [])
        #expect(conninfo.contains(.host))
        #expect(conninfo[.port] == nil)
        #expect(conninfo.bytes(of: .port) == nil)
        #expect(!conninfo.contains(.port))
    }

    @Test func valuesNeedNotBeUTF8() throws {
        let conninfo = try Conninfo.parse("postgresql://u:p%ff@h")
        #expect(conninfo.bytes(of: .password) == bytes("p") + [0xFF])
        #expect(conninfo[.password] == nil)
        #expect(conninfo.contains(.password))
        #expect(conninfo.string() == nil)
        #expect(conninfo.string(as: .uri) == "postgresql://u:p%FF@h")
    }

    @Test func graphemesDoNotHideSyntax() throws {
        #expect(try Conninfo.parse("user='\u{301}x'")[.user] == "\u{301}x")
        #expect(try Conninfo.parse("host=h\r\nport=1")[.port] == "1")
    }

    @Test func equalityIsOfParametersNotOfSpelling() throws {
        let uri = try Conninfo.parse("postgresql://u@h:1/d", dialect: .v15)
        let pairs = try Conninfo.parse("dbname=d port='1' host=x host=h user=u", dialect: .v19)
        #expect(uri == pairs)
        #expect(uri.hashValue == pairs.hashValue)
        #expect(try uri != Conninfo.parse("dbname=d port=1 host=h"))
        #expect(try Conninfo.parse("host=''") != Conninfo.parse(""))
    }

    @Test func dialectDecidesWhatIsKnown() throws {
        #expect(throws: ConninfoError.self) { try Conninfo.parse("require_auth=none", dialect: .v15) }
        #expect(try Conninfo.parse("require_auth=none", dialect: .v16)[.requireAuth] == "none")
        #expect(try Conninfo.parse("postgresql://h?user= a ", dialect: .v17)[.user] == " a ")
        #expect(try Conninfo.parse("postgresql://h?user= a ", dialect: .v18)[.user] == "a")
    }

    @Test func redactionMasksEverySecret() throws {
        let text = """
            password=S1 sslpassword=S2 oauth_client_secret=S3 scram_client_key=S4 scram_server_key=S5 host='a b' token=S6
            """
        let conninfo = try Conninfo.parse(text, extensions: .init(["region"], secret: ["token"]))
        let expected = """
            password=*** host='a b' sslpassword=*** scram_client_key=*** scram_server_key=*** \
            oauth_client_secret=*** token=***
            """
        #expect(conninfo.redacted == expected)
        #expect("\(conninfo)" == expected)
        #expect(String(reflecting: conninfo) == expected)
        var dumped = ""
        dump(conninfo, to: &dumped)
        dump(conninfo.parameters, to: &dumped)
        dump(conninfo.extensionParameters, to: &dumped)
        dump(try conninfo.resolve(in: .empty), to: &dumped)
        #expect(!dumped.contains("S1") && !dumped.contains("S6"))
        // Nor as numbers: 83 is the letter S.
        #expect(!dumped.contains("83"))
    }

    @Test func environmentDoesNotShowItsValues() {
        let environment = ConninfoEnvironment(variables: ["PGPASSWORD": "S1"])
        #expect("\(environment)" == "ConninfoEnvironment(variables: [\"PGPASSWORD\"])")
        var dumped = ""
        dump(environment, to: &dumped)
        #expect(!dumped.contains("S1") && !dumped.contains("83"))
    }

    @Test func fileDoesNotShowItsContents() {
        let file = ConninfoFileReader.File(contents: bytes("*:*:*:*:S1"), permissions: 0o640)
        #expect("\(file)" == "File(10 bytes, permissions 0640)")
        #expect("\(ConninfoFileReader.File(contents: nil))" == "File(unreadable, permissions 0600)")
        var dumped = ""
        dump(file, to: &dumped)
        #expect(!dumped.contains("S1") && !dumped.contains("83"))
    }
}
