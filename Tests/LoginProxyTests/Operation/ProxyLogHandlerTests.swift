#if Proxy
import Foundation
import Logging
import RDSIAMSystem
import Synchronization
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
                    + "user=\"a b\\u{a}2026 info: forged\\u{1b}[2J\\u{202e}\\u{2028}\\u{85}\"\n"
            )
        )
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
