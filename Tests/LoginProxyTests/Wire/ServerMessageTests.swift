#if Proxy
import Testing

@testable import LoginProxy

@Suite("Messages of a server", .timeLimit(.minutes(1)))
struct ServerMessageTests {
    private func error(_ bytes: [UInt8]) throws -> ServerError {
        var reader = MessageReader()
        reader.append(bytes)
        return ServerError(try #require(try reader.next(longest: { _ in 30_000 })))
    }

    @Test("A refusal is passed on unchanged if it has a hint, or if nothing is known")
    func unchanged() throws {
        let bytes = Message.error([("S", "FATAL"), ("C", "28000"), ("M", "no"), ("H", "theirs")])
        #expect(try error(bytes).bytes(withHint: "ours") == bytes)
        let plain = Message.refusal("28000")
        #expect(try error(plain).bytes(withHint: nil) == plain)
    }

    @Test("A hint comes last, and all else stays as it is")
    func hint() throws {
        let bytes = try error(Message.refusal("28000")).bytes(withHint: "ours")
        let fields: [(Character, String)] = [
            ("S", "FATAL"), ("V", "FATAL"), ("C", "28000"), ("M", "no"), ("H", "ours"),
        ]
        #expect(bytes == Message.error(fields))
    }

    @Test(
        "Refusals with fields that are absent, cut or empty are read",
        arguments: [
            [], [0], [UInt8(ascii: "C")], Array("C28000".utf8), Array("C28000\0".utf8), Array("M\0\0".utf8),
            Array("C\0M\0C28P01\0\0".utf8),
        ] as [[UInt8]]
    )
    func damaged(_ body: [UInt8]) throws {
        let error = try error(Message.make("E", body))
        #expect(error.sqlState != "28P01")
        #expect(!error.bytes(withHint: "ours").isEmpty)
    }

    @Test("Lengths that no message has are refused", arguments: [0, 3, 30_001, 0x7FFF_FFFF, 0xFFFF_FFFF] as [UInt32])
    func lengths(_ length: UInt32) {
        var reader = MessageReader()
        reader.append([UInt8(ascii: "E")] + length.bigEndianBytes)
        #expect(throws: MessageReader.InvalidLength.self) { try reader.next(longest: { _ in 30_000 }) }
    }

    @Test("The key is found among other messages, however the reads are cut", arguments: [1, 2, 5, 7, 1000])
    func key(_ size: Int) throws {
        let secret = (1...32).map { UInt8($0) }
        let bytes =
            Message.accepted + Message.make("S", Array("server_version\018\0".utf8)) + Message.key(0x8000_0001, secret)
            + Message.ready + Message.key(1, [9, 9, 9, 9])
        var start = SessionStart()
        var found: [BackendKey] = []
        for index in stride(from: 0, to: bytes.count, by: size) {
            if let key = start.receive(bytes[index..<min(index + size, bytes.count)]) { found.append(key) }
        }
        #expect(found.map(\.process) == [0x8000_0001])
        #expect(found.first?.secret == secret)
        #expect(start.isDone)
    }

    @Test("Without a key there is none, and after ReadyForQuery nothing is read")
    func noKey() {
        var start = SessionStart()
        #expect(start.receive(Message.accepted + Message.ready + [UInt8(ascii: "K"), 0xFF]) == nil)
        #expect(start.isDone)
    }

    @Test("A key matches as a whole, and only then")
    func matching() throws {
        let key = try #require(BackendKey(([0, 0, 0, 7] + [1, 2, 3, 4])[...]))
        func matches(_ process: UInt32, _ secret: [UInt8]) throws -> Bool {
            key.matches(try #require(CancelRequest(Packet.cancel(process, secret))))
        }
        #expect(try matches(7, [1, 2, 3, 4]))
        for (process, secret) in [(8, [1, 2, 3, 4]), (7, [1, 2, 3, 5]), (7, [1, 2, 3, 4, 0])] as [(UInt32, [UInt8])] {
            #expect(try !matches(process, secret))
        }
        #expect("\(key) \(String(reflecting: key))".contains("BackendKey(7)"))
    }
}

@Suite("Where a stream of messages stands", .timeLimit(.minutes(1)))
struct MessageBoundaryTests {
    @Test("Only between two messages another one may follow, however the reads are cut", arguments: [1, 2, 3, 7, 1000])
    func boundaries(_ size: Int) {
        let messages = [Message.ready, Message.make("C", []), Message.make("D", Array(repeating: 7, count: 300))]
        let bytes = Array(messages.joined())
        let ends = Set([0, messages[0].count, messages[0].count + messages[1].count, bytes.count])
        var (boundary, position) = (MessageBoundary(), 0)
        #expect(boundary.isBetweenMessages)
        while position < bytes.count {
            let next = min(position + size, bytes.count)
            boundary.advance(over: bytes[position..<next])
            position = next
            #expect(boundary.isBetweenMessages == ends.contains(position), "after \(position) bytes")
        }
    }

    @Test("After a length that no message has nothing can be told", arguments: [0, 3] as [UInt8])
    func lost(_ length: UInt8) {
        var boundary = MessageBoundary()
        boundary.advance(over: [UInt8(ascii: "Z"), 0, 0, 0, length])
        boundary.advance(over: Message.ready)
        #expect(!boundary.isBetweenMessages)
    }

    @Test("The longest length of all does not trap")
    func longest() {
        var boundary = MessageBoundary()
        boundary.advance(over: [UInt8(ascii: "D"), 255, 255, 255, 255] + Message.ready)
        #expect(!boundary.isBetweenMessages)
    }
}
#endif
