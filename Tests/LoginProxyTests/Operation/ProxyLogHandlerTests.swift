#if Proxy
import Foundation
import Logging
import RDSIAMSystem
import Synchronization
import TestSupport
import Testing

@testable import LoginProxy

@Suite("The proxy's log", .timeLimit(.minutes(1)))
struct ProxyLogHandlerTests {
    private final class Lines: Sendable {
        let texts = Mutex<[String]>([])
    }

    private func lines(
        _ format: ProxyLogHandler.Format,
        level: Logger.Level = .info,
        _ log: (Logger) -> Void
    ) -> [String] {
        let lines = Lines()
        var logger = Logger(label: "test") { _ in
            ProxyLogHandler(format, level: level) { bytes in
                lines.texts.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
            }
        }
        logger[metadataKey: "upstream"] = "db:5432"
        log(logger)
        return lines.texts.withLock { $0 }
    }

    @Test("JSON: one object a line, with the metadata as members, which never hide the three of its own")
    func json() throws {
        let lines = lines(.json) {
            $0.info("login \"succeeded\"\n", metadata: ["user": "e\u{301}\n\u{0}", "severity": "x", "n": "\(1)"])
        }
        #expect(lines.count == 1 && lines[0].hasSuffix("}\n") && lines[0].split(separator: "\n").count == 1)
        let object = try #require(JSONValue.object(Array(lines[0].utf8)))
        #expect(object["severity"] == .string("info"))
        #expect(object["message"] == .string("login \"succeeded\"\n"))
        #expect(object["upstream"] == .string("db:5432"))
        #expect(object["user"] == .string("e\u{301}\n\u{0}"))
        #expect(object["n"] == .string("1"))
        #expect(object["timestamp"]?.text.flatMap(Date.init(rfc3339:)) != nil)
    }

    @Test("Text: one line, whatever a value holds")
    func text() throws {
        let lines = lines(.text) {
            $0.warning("refused", metadata: ["user": "a b\n2026 info: forged\u{1B}[2J\u{202E}\u{2028}\u{85}", "e": ""])
        }
        #expect(lines.count == 1)
        let line = try #require(lines.first)
        #expect(
            line.hasSuffix(
                " warning: refused e=\"\" upstream=db:5432 "
                    + "user=\"a b\\n2026 info: forged\\u{1b}[2J\\u{202e}\\u{2028}\\u{85}\"\n"
            )
        )
    }

    @Test("What turns the direction of a line or acts on a terminal is a number in both formats")
    func invisible() throws {
        let value = "a\u{9B}b\u{7F}c\u{200E}d\u{200F}e\u{61C}f\u{2066}g\u{2029}h\u{E9}"
        let text = try #require(lines(.text) { $0.info("m", metadata: ["v": "\(value)"]) }.first)
        #expect(
            text.hasSuffix(
                #"v="a\u{9b}b\u{7f}c\u{200e}d\u{200f}e\u{61c}f\u{2066}g\u{2029}h\#u{E9}"\#n"#
            )
        )
        let json = try #require(lines(.json) { $0.info("m", metadata: ["v": "\(value)"]) }.first)
        #expect(json.contains(#"a\u009bb\u007fc\u200ed\u200fe\u061cf\u2066g\u2029h\#u{E9}"#))
        #expect(JSONValue.object(Array(json.utf8))?["v"] == .string(value))
    }

    @Test("Who logs never waits for a reader; what is dropped is counted, and the count is written")
    func unread() async throws {
        let (readEnd, writeEnd) = try CloseOnExec.pipe()
        let writer = LogWriter(writeEnd) { Array("dropped \($0)\n".utf8) }
        // More than a pipe holds and more than may wait.
        let line = Array((String(repeating: "x", count: 199) + "\n").utf8)
        for _ in 0..<4_000 { writer.add(line) }
        let (written, dropped) = try await BlockingWork.run {
            defer { close(readEnd) }
            return Self.read(readEnd, expecting: line.dropLast(), count: 4_000)
        }
        writer.finish()
        close(writeEnd)
        #expect(dropped > 0 && written + dropped == 4_000)
    }

    /// Reads until so many lines are accounted for; the writer may say several times that it has dropped some.
    private static func read(
        _ descriptor: Int32,
        expecting line: ArraySlice<UInt8>,
        count: Int
    ) -> (written: Int, dropped: Int) {
        var (written, dropped) = (0, 0)
        var (rest, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
        while written + dropped < count {
            let size = RDSIAMSystem.read(descriptor, &chunk, chunk.count)
            guard size > 0 else { break }
            rest += chunk.prefix(size)
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                if rest[..<end] == line {
                    written += 1
                } else {
                    let text = String(decoding: rest[..<end], as: UTF8.self)
                    #expect(text.hasPrefix("dropped "))
                    dropped += Int(text.dropFirst("dropped ".count)) ?? 0
                }
                rest.removeFirst(end + 1)
            }
        }
        return (written, dropped)
    }

    @Test("What is less severe than the level is left out")
    func level() {
        let lines = lines(.text, level: .warning) {
            $0.info("no")
            $0.error("yes")
        }
        #expect(lines.count == 1 && lines[0].contains("error: yes"))
    }
}
#endif
