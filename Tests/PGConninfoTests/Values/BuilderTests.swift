import Testing

@testable import PGConninfo

@Suite(.timeLimit(.minutes(5))) struct BuilderTests {
    @Test func dictionaryTakesValuesAsTheyAre() throws {
        let conninfo = try Conninfo(["host": "a b", "password": "p'\\%41", "region": "eu"], extensions: ["region"])
        #expect(conninfo[.host] == "a b")
        #expect(conninfo[.password] == "p'\\%41")
        #expect(conninfo[extension: "region"] == "eu")
        #expect(conninfo.string() == #"password='p\'\\%41' host='a b'"#)
    }

    @Test func setsReplacesAndRemoves() throws {
        var conninfo = Conninfo()
        try conninfo.set(.host, to: "a")
        try conninfo.set(.user, to: [0xFF])
        try conninfo.set(.host, to: "b")
        #expect(conninfo[.host] == "b")
        #expect(conninfo.bytes(of: .user) == [0xFF])
        conninfo.remove(.user)
        conninfo.remove(.user)
        #expect(conninfo == (try Conninfo.parse("host=b")))
    }

    @Test func changesAParsedStringWithoutTouchingTheRest() throws {
        let original = try Conninfo.parse("postgresql://u:p%40@h:1/d")
        var changed = original
        try changed.set(.password, to: "new")
        #expect(changed.string() == "user=u password=new dbname=d host=h port=1")
        #expect(original[.password] == "p@")
    }

    @Test func keepsNoByteOfASecretThatWasReplacedOrRemoved() throws {
        var conninfo = try Conninfo.parse("host=h password=geheim user=u token=leise", extensions: ["token"])
        try conninfo.set(.password, to: "neu")
        conninfo.remove(.password)
        try conninfo.set(extension: "token", to: "laut")
        conninfo.remove(extension: "token")
        #expect(conninfo.store.bytes == Array("hu".utf8))
        #expect(conninfo == (try Conninfo.parse("host=h user=u", extensions: ["token"])))
    }

    @Test(arguments: [10, 1_000, 100_000])
    func settingAgainAndAgainDoesNotGrow(count: Int) throws {
        var conninfo = Conninfo(extensions: ["region"])
        let value = String(repeating: "x", count: 50)
        for number in 0..<count {
            try conninfo.set(.host, to: value)
            try conninfo.set(.applicationName, to: "\(number)")
            try conninfo.set(extension: "region", to: value)
            try conninfo.set(.password, to: value)
        }
        #expect(conninfo.store.bytes.capacity < 8_192)
        #expect(conninfo[.host] == value && conninfo[.password] == value)
        #expect(conninfo[.applicationName] == "\(count - 1)")
        #expect(conninfo[extension: "region"] == value)
        #expect(conninfo.parameters.count == 3)
    }

    @Test func settingLongValuesKeepsOnlyTheLast() throws {
        var conninfo = Conninfo()
        for length in stride(from: 100_000, through: 0, by: -1_000) {
            try conninfo.set(.options, to: String(repeating: "x", count: length))
        }
        #expect(conninfo[.options] == "")
        #expect(conninfo.store.bytes.count < 10_000)
    }

    @Test func aResolvedParameterDoesNotGrowEither() throws {
        var resolved = try Conninfo().resolve(in: .empty)
        for number in 0..<10_000 { try resolved.set(.host, to: "host\(number)") }
        #expect(resolved[.host] == "host9999")
        #expect(resolved[.gssencmode] == "prefer")
        #expect(resolved.parameters.store.bytes.count < 4_096)
    }

    @Test func refusesNULAndUnknownKeywords() {
        var conninfo = Conninfo(dialect: .v15)
        let nul = #expect(throws: ConninfoError.self) { try conninfo.set(.host, to: "a\0b") }
        #expect(nul?.code == .nulByte)
        let newer = #expect(throws: ConninfoError.self) { try conninfo.set(.requireAuth, to: "none") }
        #expect(newer?.code == .notInDialect)
        let unknown = #expect(throws: ConninfoError.self) { try Conninfo(["hosts": "a"]) }
        #expect(unknown?.code == .unknownKeyword)
        #expect(unknown?.message == "Invalid connection option \"hosts\". Did you mean \"host\"?")
        #expect(unknown?.unsafeLibpqMessage == "invalid connection option \"hosts\"\n")
        #expect(conninfo == Conninfo())
    }
}
