#if Proxy
package import Logging
import RDSIAMBasics
import RDSIAMSystem
import Synchronization

/// Writes log events to standard error, one a line: as text, or as JSON objects.
///
/// A value never ends a line or acts on a terminal, whatever a client has sent.
package struct ProxyLogHandler: LogHandler {
    /// What a line looks like.
    package struct Format: Sendable, Hashable {
        fileprivate let isStructured: Bool

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
        self.init(format, level: level, write: Self.writeToStandardError)
    }

    init(_ format: Format, level: Logger.Level, write: @escaping @Sendable ([UInt8]) -> Void) {
        self.format = format
        logLevel = level
        self.write = write
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
        let time = Date().rfc3339
        let line =
            format.isStructured
            ? Self.json(event, all, time)
            : Self.text(event, all, time)
        write(Array((line + "\n").utf8))
    }

    private static func text(_ event: LogEvent, _ metadata: Logger.Metadata, _ time: String) -> String {
        let pairs = metadata.sorted { ByteText($0.key) < ByteText($1.key) }.map {
            " \($0.key)=\(quoted("\($0.value)"))"
        }
        return visible("\(time) \(event.level): \(event.message)\(pairs.joined())")
    }

    private static func json(_ event: LogEvent, _ metadata: Logger.Metadata, _ time: String) -> String {
        var members = metadata.mapValues { JSONValue.string("\($0)") }
        members["timestamp"] = .string(time)
        members["severity"] = .string("\(event.level)")
        members["message"] = .string("\(event.message)")
        // The encoder refuses numbers that are none, and there are no numbers.
        return (try? JSONValue.bytes(members)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        guard !isPlain else { return value }
        return "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// The text with each control character as its number.
    private static func visible(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            let isDirection = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
            guard isControl || isDirection || [0x2028, 0x2029].contains(scalar.value) else {
                result.append(scalar)
                continue
            }
            let digits = Hexadecimal.encode(UInt64(scalar.value)).utf8.drop { $0 == UInt8(ascii: "0") }
            result.append(contentsOf: "\\u{\(Substring(digits))}".unicodeScalars)
        }
        return String(result)
    }

    /// One call for a line, so that lines of several threads do not mix.
    @Sendable
    private static func writeToStandardError(_ line: [UInt8]) {
        lock.withLock { _ in
            var rest = line[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { RDSIAMSystem.write(STDERR_FILENO, $0.baseAddress, $0.count) }
                guard count > 0 || (count < 0 && errno == EINTR) else { return }
                rest = rest.dropFirst(max(0, count))
            }
        }
    }

    private static let lock = Mutex(())
}
#endif
