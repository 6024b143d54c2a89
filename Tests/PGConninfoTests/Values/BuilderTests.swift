import Testing

@testable import PGConninfo

@Suite struct BuilderTests {
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

    @Test func refusesNULAndUnknownKeywords() {
        var conninfo = Conninfo(dialect: .v15)
        let nul = #expect(throws: ConninfoError.self) { try conninfo.set(.host, to: "a\0b") }
        #expect(nul?.code == .nulByte)
        let newer = #expect(throws: ConninfoError.self) { try conninfo.set(.requireAuth, to: "none") }
        #expect(newer?.code == .notInDialect)
        let unknown = #expect(throws: ConninfoError.self) { try Conninfo(["hots": "a"]) }
        #expect(unknown?.code == .unknownKeyword)
        #expect(unknown?.unsafeLibpqMessage == "invalid connection option \"hots\"\n")
        #expect(conninfo == Conninfo())
    }
}
