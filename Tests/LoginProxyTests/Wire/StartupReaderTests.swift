#if Proxy
import Testing

@testable import LoginProxy

@Suite("What a client says first", .timeLimit(.minutes(1)))
struct StartupReaderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let reads: [[UInt8]]
        let events: [StartupReader.Event]
        var offersTLS = false
        var testDescription: String { name }
    }

    private static let app = Packet.startup(user: "app")
    private static let no = StartupReader.Event.answer(UInt8(ascii: "N"))

    private static func startup(_ bytes: [UInt8]) -> StartupReader.Event {
        guard let packet = try? StartupPacket(bytes) else { return .close }
        return .startup(packet)
    }

    private static func cancel(_ bytes: [UInt8]) -> StartupReader.Event {
        CancelRequest(bytes).map { .cancel($0) } ?? .close
    }

    private static func refusal(_ sqlState: String, _ message: String) -> StartupReader.Event {
        .refuse(ClientError(sqlState, message))
    }

    static let cases = [
        Case(name: "nothing", reads: [[]], events: [.wait]),
        Case(name: "a startup packet", reads: [app], events: [startup(app)]),
        Case(
            name: "one byte at a time",
            reads: app.map { [$0] },
            events: Array(repeating: .wait, count: app.count - 1) + [startup(app)]
        ),
        Case(name: "TLS asked for, none offered", reads: [Packet.tlsRequest, app], events: [no, startup(app)]),
        Case(name: "GSSAPI asked for", reads: [Packet.gssRequest, app], events: [no, startup(app)]),
        Case(
            name: "both asked for, TLS first",
            reads: [Packet.tlsRequest, Packet.gssRequest, app],
            events: [no, no, startup(app)]
        ),
        Case(
            name: "both asked for, GSSAPI first",
            reads: [Packet.gssRequest, Packet.tlsRequest, app],
            events: [no, no, startup(app)]
        ),
        Case(
            name: "TLS offered",
            reads: [Packet.gssRequest, Packet.tlsRequest, app],
            events: [no, .startTLS, startup(app)],
            offersTLS: true
        ),
        Case(
            name: "TLS asked for twice",
            reads: [Packet.tlsRequest, Packet.tlsRequest],
            events: [no, refusal("08P01", "invalid or repeated SSL request")]
        ),
        Case(
            name: "GSSAPI asked for twice",
            reads: [Packet.gssRequest, Packet.gssRequest],
            events: [no, refusal("08P01", "invalid or repeated GSSAPI encryption request")]
        ),
        Case(name: "TLS at once", reads: [[0x16, 3, 1, 0, 200]], events: [.close]),
        Case(name: "TLS at once, after a request", reads: [Packet.tlsRequest, [0x16, 3]], events: [no, .close]),
        Case(
            name: "a cancel request of protocol 3.0",
            reads: [Packet.cancel(7, [1, 2, 3, 4])],
            events: [cancel(Packet.cancel(7, [1, 2, 3, 4]))]
        ),
    ]

    @Test("Reads lead to events", arguments: cases)
    func table(_ test: Case) {
        var reader = StartupReader(offersTLS: test.offersTLS)
        #expect(test.reads.map { reader.receive($0) } == test.events)
    }

    @Test("What follows a startup packet is told apart, however long it is")
    func surplus() {
        var reader = StartupReader()
        #expect(reader.receive(Self.app.prefix(9)) == .wait)
        let more = [UInt8](repeating: 7, count: 20_000)
        #expect(reader.receive(Self.app.dropFirst(9) + more) == Self.startup(Self.app))
        #expect(reader.surplus == more.count)
    }

    @Test("Bytes after a request for encryption end the connection", arguments: [Packet.tlsRequest, Packet.gssRequest])
    func stuffed(_ request: [UInt8]) {
        for offersTLS in [false, true] {
            var reader = StartupReader(offersTLS: offersTLS)
            guard case .refuse(let error) = reader.receive(request + Packet.startup(user: "app")) else {
                Issue.record("not refused")
                return
            }
            #expect(error.sqlState == "08P01")
            #expect(error.message.contains("received unencrypted data after"))
        }
    }

    @Test(
        "A length that no packet has is refused as soon as it is there",
        arguments: [0, 3, 4, 7, 10_001, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x4745_5420] as [UInt32]
    )
    func lengths(_ length: UInt32) {
        var reader = StartupReader()
        guard case .refuse(let error) = reader.receive(length.bigEndianBytes) else {
            Issue.record("not refused")
            return
        }
        #expect(error == ClientError("08P01", "invalid length of startup packet"))
    }

    @Test("The longest packet is read, and no more than it is stored")
    func longest() {
        let value = String(repeating: "x", count: 10_000 - 8 - "user\0app\0options\0\0\0".utf8.count)
        let packet = Packet.startup([("user", "app"), ("options", value)])
        #expect(packet.count == 10_000)
        var reader = StartupReader()
        #expect(reader.receive(packet.prefix(9_999)) == .wait)
        #expect(reader.receive(packet.suffix(1)) == Self.startup(packet))
    }

    @Test(
        "Cancel requests have keys of 4 to 256 bytes",
        arguments: [(3, false), (4, true), (32, true), (256, true), (257, false)]
    )
    func keys(_ count: Int, _ isValid: Bool) {
        let secret = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var reader = StartupReader()
        let event = reader.receive(Packet.cancel(0xFFFF_FFFE, secret))
        guard isValid else {
            #expect(event == Self.refusal("08P01", "invalid length of cancel request packet"))
            return
        }
        guard case .cancel(let request) = event else {
            Issue.record("not a cancel request")
            return
        }
        #expect(request.process == 0xFFFF_FFFE)
        #expect(request.secret == secret)
    }

    @Test(
        "A startup packet must be ended, and once",
        arguments: ["user\0app\0", "user\0app", "user\0app\0\0\0", "user", ""]
    )
    func layout(_ body: String) {
        var reader = StartupReader()
        let bytes = UInt32(8 + body.utf8.count).bigEndianBytes + UInt32(196_608).bigEndianBytes + Array(body.utf8)
        let message = "invalid startup packet layout: expected terminator as last byte"
        #expect(reader.receive(bytes) == Self.refusal("08P01", message))
    }

    @Test("Only the major version 3 is read", arguments: [131_072, 262_144, 0] as [UInt32])
    func versions(_ version: UInt32) {
        var reader = StartupReader()
        let event = reader.receive(Packet.startup([("user", "app")], version: version))
        #expect(event == Self.refusal("0A000", "unsupported frontend protocol \(version >> 16).0"))
    }

    @Test("A newer minor version passes, with all its bytes")
    func minorVersion() throws {
        let bytes = Packet.startup(
            [("user", "app"), ("_pq_.test_protocol_negotiation", "")],
            version: 196_608 + 9_999
        )
        #expect(try StartupPacket(bytes).bytes() == bytes)
    }
}

@Suite("Startup packets", .timeLimit(.minutes(1)))
struct StartupPacketTests {
    private let bytes = Packet.startup(
        [("user", "first"), ("options", "-c search_path=a;drop table b"), ("user", "last"), ("replication", "true")]
    )

    @Test("Of a parameter that comes twice the last one counts, as for a server")
    func last() throws {
        #expect(try StartupPacket(bytes).value(of: "user") == Array("last".utf8))
    }

    @Test("Without a change the bytes are the client's own")
    func verbatim() throws {
        #expect(try StartupPacket(bytes).bytes() == bytes)
    }

    @Test("Another user takes the place of all others, and the rest stays as it is")
    func replaced() throws {
        let packet = try StartupPacket(bytes).bytes(user: Array("mapped".utf8))
        let expected = Packet.startup(
            [("user", "mapped"), ("options", "-c search_path=a;drop table b"), ("replication", "true")]
        )
        #expect(packet == expected)
    }

    @Test("Names are compared as bytes")
    func names() throws {
        let bytes = Packet.startup([("u\u{17F}er", "app"), ("USER", "app"), ("user ", "app")])
        #expect(try StartupPacket(bytes).value(of: "user") == nil)
    }

    @Test("Descriptions do not show values")
    func description() throws {
        let packet = try StartupPacket(bytes)
        #expect("\(packet) \(String(reflecting: packet))".contains("options"))
        #expect(!"\(packet) \(String(reflecting: packet))".contains("search_path"))
        let request = try #require(CancelRequest(Packet.cancel(7, Array("hidden".utf8))))
        #expect("\(request)" == "CancelRequest(7)")
    }
}
#endif
