import RDSIAMBasics
import RDSIAMSystem
import Testing

@Suite("JSON", .timeLimit(.minutes(1)))
struct JSONValueTests {
    @Test("JSON members are found whatever the case of their ASCII letters")
    func members() throws {
        let text =
            #"{"AccessKeyId":"a","n":1.0,"big":1e300,"o":{"p":{"q":"r"}},"\u212Aey":"kelvin","list":[null,true]}"#
        let object = try #require(JSONValue.object(Array(text.utf8)))
        #expect(object.text("accesskeyid") == "a")
        #expect(object.integer("N") == 1)
        #expect(object.integer("big") == nil)
        #expect(object.text("key") == nil)
        #expect(JSONValue.object(object).value(at: "o.p.q")?.text == "r")
        #expect(JSONValue.object(object).value(at: "o.x.q") == nil)
        #expect(object.member("list") == .array([.null, .bool(true)]))
    }

    @Test("of several spellings of a member the exact one is taken, and never a lookalike")
    func spellings() throws {
        for _ in 0..<20 {
            let object = try #require(JSONValue.object(Array(#"{"key":1,"KEY":2,"kEy":3,"key2":4,"Key2":5}"#.utf8)))
            #expect(object.integer("KEY") == 2)
            #expect(object.integer("keY") == 2)
            #expect(object.integer("KEY2") == 5)
        }
        let twin = try #require(JSONValue.object(Array(#"{"\u212Aey":"kelvin","e\u0301":"apart"}"#.utf8)))
        #expect(twin.text("Key") == nil)
        #expect(twin.text("\u{E9}") == nil)
        #expect(twin.text("e\u{301}") == "apart")
        #expect(JSONValue.object(twin).value(at: "e\u{301}")?.text == "apart")
        #expect(JSONValue.object(twin).value(at: "\u{E9}") == nil)
        #expect(JSONValue.object(twin).value(at: "Key") == nil)
    }

    @Test("of two members that Unicode calls equal one is left, under one of the names")
    func twins() throws {
        let object = try #require(JSONValue.object(Array(#"{"e\u0301":"a","\u00e9":"b"}"#.utf8)))
        let found = ["e\u{301}", "\u{E9}"].compactMap { JSONValue.object(object).value(at: $0)?.text }
        #expect(found == ["a"] || found == ["b"])
    }

    @Test("a document that is cut off anywhere is refused")
    func truncation() {
        let json = Array(#"{"AccessKeyId":"A","SecretAccessKey":"B","n":[1,{"x":null}]}"#.utf8)
        for length in 0..<json.count { #expect(JSONValue.object(Array(json[..<length])) == nil) }
        #expect(JSONValue.object(json)?.text("accesskeyid") == "A")
        #expect(JSONValue.object(Array(#"{"a":1e999}"#.utf8)) == nil)
    }

    @Test("what is no object is refused", arguments: ["", "[]", "{", "nul", "{\"a\":}", "{}x", "\u{0}"])
    func junk(text: String) {
        #expect(JSONValue.object(Array(text.utf8)) == nil)
    }

    @Test("deep nesting is refused, not a crash")
    func deepNesting() {
        let text = String(repeating: "{\"a\":", count: 100_000)
        #expect(JSONValue.object(Array(text.utf8)) == nil)
    }

    @Test("an object is written with its keys in order")
    func writing() throws {
        let bytes = try JSONValue.bytes(["b": .integer(1), "a": .string("/\u{E9}")])
        #expect(String(decoding: bytes, as: UTF8.self) == "{\"a\":\"/\u{E9}\",\"b\":1}")
    }
}
