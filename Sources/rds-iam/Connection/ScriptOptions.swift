#if Command
import ArgumentParser
import RDSIAMBasics
import RDSIAMSystem
import Synchronization

/// The SQL to run, in the order of the command line.
struct ScriptOptions: ParsableArguments {
    @Option(
        name: [.customShort("c", allowingJoined: true), .customLong("command")],
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("SQL to run; may be given several times.", valueName: "SQL"),
        transform: { Script(option: "-c", text: $0) }
    )
    var commands: [Script] = []

    @Option(
        name: [.customShort("f", allowingJoined: true), .customLong("file")],
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A file with SQL to run, or - for standard input; may be given several times.",
            valueName: "FILE"
        ),
        completion: .file(),
        transform: { Script(option: "-f", text: $0) }
    )
    var files: [Script] = []

    /// - Throws: ``UnreadableScript`` for a file that does not exist or may not be read: no token is made for it.
    func check() throws {
        for file in files where file.text != "-" && access(file.text, R_OK) != 0 {
            throw UnreadableScript(file: file.text, reason: String(cString: strerror(errno)))
        }
    }

    var inOrder: [Script] { (commands + files).sorted { $0.place < $1.place } }
}

/// SQL, or the file that it is in.
struct Script: Sendable {
    /// `-c` or `-f`.
    let option: String
    /// The SQL or the file's name.
    let text: String
    /// How many scripts came before it on the command line, which is read from left to right.
    let place: Int

    private static let count = Atomic<Int>(0)

    init(option: String, text: String) {
        self.option = option
        self.text = text
        place = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// The SQL.
    ///
    /// - Throws: ``UnreadableScript`` for a file that cannot be read or is not UTF-8.
    func sql() throws -> String {
        guard option == "-f" else { return text }
        if text == "-" { StandardInput.invite("Type the SQL, then press Ctrl-D.") }
        let file = text == "-" ? STDIN_FILENO : open(text, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw UnreadableScript(file: text, reason: String(cString: strerror(errno))) }
        defer { if file != STDIN_FILENO { close(file) } }
        var bytes: [UInt8] = []
        while true {
            guard let chunk = readChunk(of: file) else {
                throw UnreadableScript(file: text, reason: String(cString: strerror(errno)))
            }
            if chunk.isEmpty { break }
            bytes += chunk
        }
        // A byte order mark, which some editors write, is no SQL.
        let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        guard let sql = String(validating: content, as: UTF8.self) else {
            throw UnreadableScript(file: text, reason: "It is not UTF-8")
        }
        return sql
    }

    /// Where a character of its SQL stands, counted from 1: the file and the line, or the line if there are several.
    func place(of position: Int?, in sql: String) -> String? {
        let name = option == "-c" ? nil : text == "-" ? "standard input" : text.displayed
        let line = position.map { sql.unicodeScalars.prefix($0 - 1).count { $0 == "\n" } + 1 }
        let shown = line.flatMap { option == "-c" && !sql.utf8.contains(UInt8(ascii: "\n")) ? nil : "line \($0)" }
        let parts = [name, shown].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}

/// A script that cannot be read.
private struct UnreadableScript: Error, CustomStringConvertible {
    /// The file as it was named.
    let file: String
    let reason: String

    var description: String {
        let name = file == "-" ? "Standard input" : "The file \(String(reflecting: file))"
        return "\(name) cannot be read: \(reason). Correct -f."
    }
}
#endif
