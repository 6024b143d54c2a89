#if Command
import RDSIAMBasics
import RDSIAMSystem
import Synchronization

/// What standard output or standard error is connected to, and what it can show.
struct Terminal {
    /// Whether a person reads it.
    let isTerminal: Bool
    /// How many characters fit in a line.
    let columns: Int
    /// Whether colors may be used (`NO_COLOR`, no-color.org).
    let hasColor: Bool
    /// Whether characters beyond ASCII are shown.
    let hasUnicode: Bool
    /// Whether a line can be replaced by another.
    let canEraseLines: Bool

    static let output = Terminal(STDOUT_FILENO)
    static let errors = Terminal(STDERR_FILENO)

    private init(_ descriptor: Int32) {
        let environment = ProcessInfo.processInfo.environment
        isTerminal = isatty(descriptor) == 1
        columns = Self.columns(of: descriptor) ?? environment["COLUMNS"].flatMap { Int($0) } ?? 80
        canEraseLines = isTerminal && environment["TERM"] != "dumb"
        hasColor = canEraseLines && environment["NO_COLOR"]?.isEmpty != false
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty }
        let name = (locale ?? "UTF-8").asciiLowercased()
        hasUnicode = name.containsBytes("utf-8") || name.containsBytes("utf8")
    }

    private static func columns(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Returns the text in a style, or the text alone if colors are off.
    func styled(_ text: String, _ style: TextStyle) -> String {
        guard hasColor, style != .plain, !text.isEmpty else { return text }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }

    /// The sign of a text that was cut.
    var ellipsis: String { hasUnicode ? "…" : "~" }

    /// The block that bars consist of.
    var block: String { hasUnicode ? "█" : "#" }
}

/// A style, by the number that selects it (ECMA-48, "SGR").
enum TextStyle: Int {
    case plain = 0
    case bold = 1
    case dim = 2
    case red = 31
    case green = 32
    case yellow = 33
}

/// Prints the lines of something that a person waits for, on a terminal, and removes them afterwards.
///
/// Nothing is printed in the first second, nor if standard error is no terminal that can erase a line.
final class Progress: Sendable {
    private let task: Task<Void, Never>

    /// - Parameters:
    ///   - what: What takes its time, such as "verifying".
    ///   - count: How much is done, if that is known.
    init(_ what: String, _ count: @escaping @Sendable () -> String? = { nil }) {
        guard Terminal.errors.canEraseLines else {
            task = Task {}
            return
        }
        task = Task {
            let start = ContinuousClock.now
            while (try? await Task.sleep(for: .seconds(1))) != nil {
                let seconds = start.duration(to: .now).components.seconds
                let text = [what, count(), "\(seconds) s"].compactMap { $0 }.joined(separator: ", ")
                Self.write("\r\u{1B}[K" + text)
            }
            if start.duration(to: .now) > .seconds(1) { Self.write("\r\u{1B}[K") }
        }
    }

    /// Removes the line.
    func finish() async {
        task.cancel()
        await task.value
    }

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = systemWrite(STDERR_FILENO, bytes, bytes.count)
    }

    /// Runs a verification, which says how many rows it has walked.
    static func verifying<Value: Sendable>(
        _ body: (@escaping @Sendable (Int64) -> Void) async throws -> Value
    ) async throws -> Value {
        let walked = Mutex<Int64>(0)
        return try await during("verifying", count: { "\(walked.withLock { $0 }) rows" }) {
            try await body { rows in walked.withLock { $0 = rows } }
        }
    }

    /// Runs `body` with a line on the terminal.
    static func during<Value: Sendable>(
        _ what: String,
        count: @escaping @Sendable () -> String? = { nil },
        _ body: () async throws -> Value
    ) async throws -> Value {
        let progress = Progress(what, count)
        do {
            let value = try await body()
            await progress.finish()
            return value
        } catch {
            await progress.finish()
            throw error
        }
    }
}
#endif
