import RDSIAMBasics
import RDSIAMSystem
import Testing

@Suite("Host look-ups and blocking work", .timeLimit(.minutes(1)))
struct HostLookupTests {
    @Test("an address stands for itself", arguments: ["127.0.0.1", "::1"])
    func addresses(text: String) async throws {
        #expect(try await HostLookup.shared.addresses(of: text) == [text])
        #expect(try await HostLookup.shared.addresses(of: text, within: .seconds(30)) == [text])
    }

    @Test(
        "a name without an address is an error, never an empty list",
        arguments: ["no.such.host.invalid", "a\0b", ""]
    )
    func noAddress(name: String) async {
        await #expect(throws: HostLookup.Failure.self) { try await HostLookup().addresses(of: name) }
    }

    @Test(
        "an address has one form",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("127.1", "127.0.0.1"), ("0:0::0:1", "::1"),
            ("::FFFF:1.2.3.4", "::ffff:1.2.3.4"),
            ("localhost", nil), ("", nil), ("1.2.3.4\0", nil), ("1.2.3.4.5", nil),
        ] as [(String, String?)]
    )
    func canonicalAddresses(text: String, expected: String?) {
        #expect(HostLookup.canonicalAddress(text) == expected)
    }

    @Test("a canceled task does not wait for the answer")
    func cancellation() async {
        let task = Task { try await HostLookup().addresses(of: "no.such.host.invalid") }
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
    }

    @Test("blocked threads do not hold tasks up")
    func manyThreads() async throws {
        let gate = Promise<Void>()
        let blocked = (0..<100).map { _ in
            Task {
                try await BlockingWork.run {
                    while gate.result == nil { usleep(1000) }
                }
            }
        }
        #expect(try await BlockingWork.run { 42 } == 42)
        gate.settle(.success(()))
        for task in blocked { try await task.value }
    }

    @Test("work that does not end in time is left behind")
    func late() async throws {
        struct Late: Error {}
        let gate = Promise<Void>()
        await #expect(throws: Late.self) {
            try await BlockingWork.run(within: .milliseconds(20), otherwise: Late()) {
                while gate.result == nil { usleep(1000) }
            }
        }
        gate.settle(.success(()))
        #expect(try await BlockingWork.run(within: .seconds(60), otherwise: Late()) { "done" } == "done")
    }
}

@Suite("Dates and JSON", .timeLimit(.minutes(1)))
struct DocumentTests {
    @Test("dates of RFC 3339")
    func dates() {
        #expect(Date(rfc3339: "2026-01-02T03:04:05.5Z") == Date(timeIntervalSince1970: 1_767_323_045.5))
        #expect(Date(timeIntervalSince1970: 1_767_323_045.9).rfc3339 == "2026-01-02T03:04:05Z")
        #expect(Date(timeIntervalSince1970: -0.5).rfc3339 == "1969-12-31T23:59:59Z")
    }

    @Test("no date traps", arguments: [1e19, -1e19, .infinity, -.infinity, .nan, 1e308, .leastNonzeroMagnitude])
    func extremeDates(seconds: Double) {
        let text = Date(timeIntervalSince1970: seconds).rfc3339
        #expect(["9999-12-31T23:59:59Z", "-9999-01-01T00:00:00Z", "1970-01-01T00:00:00Z"].contains(text))
    }

    @Test("no duration traps", arguments: [Duration.seconds(Int64.max) * 10, .seconds(Int64.min), .zero, .nanoseconds(1)])
    func extremeDurations(duration: Duration) {
        #expect(duration.seconds.isFinite)
        #expect((duration.seconds > 0) == (duration > .zero))
    }

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
    }

    @Test("a document that is cut off anywhere is refused")
    func truncation() {
        let json = Array(#"{"AccessKeyId":"A","SecretAccessKey":"B","n":[1,{"x":null}]}"#.utf8)
        for length in 0..<json.count { #expect(JSONValue.object(Array(json[..<length])) == nil) }
        #expect(JSONValue.object(json)?.text("accesskeyid") == "A")
        #expect(JSONValue.object(Array(#"{"a":1e999}"#.utf8)) == nil)
    }

    @Test("milliseconds are whole, and no date traps", arguments: [1e19, -1e19, .infinity, -.infinity, .nan, 1e308])
    func milliseconds(seconds: Double) {
        let number = Date(timeIntervalSince1970: seconds).wholeUnixMilliseconds
        #expect([0, 253_402_300_799_000, -377_705_116_800_000].contains(number))
        #expect(Date(timeIntervalSince1970: 1_767_323_045.678).wholeUnixMilliseconds == 1_767_323_045_678)
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
