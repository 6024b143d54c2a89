#if Proxy
package import Logging
import RDSIAMBasics
import RDSIAMSystem

/// Writes log events to standard error, one a line: as text, or as JSON objects.
///
/// A value never ends a line or acts on a terminal, whatever a client has sent.
package struct ProxyLogHandler: LogHandler {
    /// What a line looks like.
    package struct Format: Sendable, Hashable {
        let isStructured: Bool

        /// `2026-01-31T23:59:59Z info: MESSAGE key=value …`.
        package static let text = Format(isStructured: false)
        /// `{"message":"…","severity":"info","timestamp":"…",…}`, the metadata as further members.
        package static let json = Format(isStructured: true)
    }

    /// What goes with every event.
    package var metadata: Logger.Metadata = [:]
    /// Gives what goes with the events of a task.
    package var metadataProvider: Logger.MetadataProvider?
    /// The least severe level that is written.
    package var logLevel: Logger.Level
    private let format: Format
    private let write: @Sendable ([UInt8]) -> Void

    /// Creates a handler.
    ///
    /// - Parameters:
    ///   - format: What a line looks like.
    ///   - level: The least severe level that is written.
    package init(_ format: Format, level: Logger.Level = .info) {
        self.init(format, level: level, write: Self.writer(format).add)
    }

    init(_ format: Format, level: Logger.Level, write: @escaping @Sendable ([UInt8]) -> Void) {
        self.format = format
        logLevel = level
        self.write = write
    }

    /// What writes the lines of a format to standard error.
    package static func writer(_ format: Format) -> LogWriter { format.isStructured ? structuredWriter : textWriter }

    private static let textWriter = writer(of: .text)
    private static let structuredWriter = writer(of: .json)

    private static func writer(of format: Format) -> LogWriter {
        LogWriter(STDERR_FILENO) { dropped in
            line(format, .warning, "lines of the log were dropped, as they were not read", ["count": "\(dropped)"])
        }
    }

    /// One value that goes with every event.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes an event as one line.
    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let more = event.metadata { all.merge(more) { $1 } }
        write(Self.line(format, event.level, "\(event.message)", all))
    }

    static func line(
        _ format: Format,
        _ level: Logger.Level,
        _ message: String,
        _ metadata: Logger.Metadata
    ) -> [UInt8] {
        let line = format.isStructured ? json(level, message, metadata) : text(level, message, metadata)
        return Array((line + "\n").utf8)
    }

    private static func text(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String {
        let pairs = metadata.sorted { ByteText($0.key) < ByteText($1.key) }.map {
            " \($0.key)=\(quoted("\($0.value)"))"
        }
        return "\(Date().rfc3339) \(level): \(message)\(pairs.joined())".escapingInvisible()
    }

    private static func json(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String {
        var members = metadata.mapValues { JSONValue.string("\($0)") }
        members["timestamp"] = .string(Date().rfc3339)
        members["severity"] = .string("\(level)")
        members["message"] = .string(message)
        // The encoder refuses numbers that are none, and there are no numbers.
        let text = (try? JSONValue.bytes(members)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        return text.withJSONEscapes
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        guard !isPlain else { return value }
        return "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
#endif
