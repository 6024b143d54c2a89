#if Command
import LibpqClient
import RDSIAMBasics
import RDSIAMSystem

/// Prints the results of statements as they come.
struct RowPrinter {
    /// How rows look.
    enum Format {
        /// As COPY writes them.
        case text
        case csv
        /// One object in one line for each row.
        case json
    }

    private let format: Format
    /// Whether a person reads it, whose terminal must not act on what is in a field.
    private let isTerminal: Bool
    private var columns: [String] = []
    private var buffer: [UInt8] = []

    init(_ format: Format) {
        self.format = format
        isTerminal = Terminal.output.isTerminal
    }

    /// Prints what a script has come to.
    mutating func print(_ event: PGScriptEvent) throws {
        switch event {
        case .columns(let columns): try begin(columns)
        case .rows(let rows): for row in rows { try print(row) }
        case .copyOut(let bytes): try add(bytes)
        case .end: try flush()
        }
    }

    /// Writes what is still to be written.
    mutating func finish() throws { try flush() }

    private mutating func begin(_ columns: [String]) throws {
        self.columns = columns
        if format == .csv {
            try add(columns.map { Self.csv(Array($0.utf8)) }.joined(separator: [UInt8(ascii: ",")]) + [0x0A])
        }
        guard format == .json, let twin = Self.twin(in: columns) else { return }
        throw TwinColumns(name: twin)
    }

    /// A name that two columns have.
    private static func twin(in columns: [String]) -> String? {
        var names = Set<ByteText>()
        return columns.first { !names.insert(ByteText($0)).inserted }
    }

    private mutating func print(_ row: PGRow) throws {
        switch format {
        case .text: try print(row, UInt8(ascii: "\t")) { $0.map(Self.text) ?? Array("\\N".utf8) }
        case .csv: try print(row, UInt8(ascii: ",")) { $0.map(Self.csv) ?? [] }
        case .json: try add(Array("{".utf8) + objectMembers(of: row) + Array("}\n".utf8))
        }
    }

    private mutating func print(_ row: PGRow, _ separator: UInt8, _ text: ([UInt8]?) -> [UInt8]) throws {
        for column in 0..<row.count {
            if column > 0 { buffer.append(separator) }
            buffer += text(try row.field(column)?.bytes)
        }
        buffer.append(0x0A)
        if buffer.count >= 1 << 16 { try flush() }
    }

    private mutating func add(_ bytes: some Sequence<UInt8>) throws {
        buffer += bytes
        if buffer.count >= 1 << 16 { try flush() }
    }

    private mutating func flush() throws {
        guard !buffer.isEmpty else { return }
        try OutputFile.standard.write(isTerminal ? Self.harmless(buffer) : buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    /// The text without what a terminal would act on, as psql shows it: the controls of ASCII, and U+0080 to U+009F,
    /// which are two bytes in UTF-8.
    private static func harmless(_ bytes: [UInt8]) -> [UInt8] {
        var shown: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            let isSecond = index > 0 && bytes[index - 1] == 0xC2
            if isSecond, (0x80...0x9F).contains(byte) {
                shown.removeLast()
                shown += "\\u00\(Hexadecimal.encode([byte]))".utf8
            } else if byte < 0x20 && byte != 0x0A && byte != 0x09 || byte == 0x7F {
                shown += "\\x\(Hexadecimal.encode([byte]))".utf8
            } else {
                shown.append(byte)
            }
        }
        return shown
    }

    /// A field as COPY's text format has it (PostgreSQL, "COPY").
    private static func text(_ field: [UInt8]) -> [UInt8] {
        guard field.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\\") }) else { return field }
        return field.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "\\"): Array("\\\\".utf8)
            case UInt8(ascii: "\t"): Array("\\t".utf8)
            case UInt8(ascii: "\n"): Array("\\n".utf8)
            case UInt8(ascii: "\r"): Array("\\r".utf8)
            default: [byte]
            }
        }
    }

    /// A field as COPY's CSV format has it: an empty text is not NULL, and `\.` alone is not the end of the data.
    private static func csv(_ field: [UInt8]) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        let isPlain = !field.contains { [quote, UInt8(ascii: ","), 0x0A, 0x0D].contains($0) }
        if isPlain, !field.isEmpty, field != Array("\\.".utf8) { return field }
        return [quote] + field.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
    }
}

extension RowPrinter {
    private func objectMembers(of row: PGRow) throws -> [UInt8] {
        let members = try columns.enumerated().map { index, name in
            try JSONValue.encode(name) + [UInt8(ascii: ":")] + Self.json(row.field(index), of: name)
        }
        return Array(members.joined(separator: [UInt8(ascii: ",")]))
    }

    private static let numbers: [PGType] = [.int2, .int4, .int8, .oid, .float4, .float8, .numeric]

    /// A value as PostgreSQL's `to_json` writes it.
    private static func json(_ field: PGField?, of column: String) throws -> [UInt8] {
        guard let field else { return Array("null".utf8) }
        let bytes = field.bytes
        switch field.type {
        case .bool: return Array((bytes == [UInt8(ascii: "t")] ? "true" : "false").utf8)
        case .json, .jsonb: return bytes.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
        case let type where numbers.contains(type) && bytes.last.map { (0x30...0x39).contains($0) } ?? false:
            return bytes
        default:
            guard let text = String(validating: bytes, as: UTF8.self) else { throw NotText(name: column) }
            return try JSONValue.encode(text)
        }
    }
}

/// Two columns of one name cannot be two members of a JSON object.
private struct TwinColumns: Error, CustomStringConvertible {
    let name: String

    var description: String { "Two columns are named \(String(reflecting: name)). Name them apart with AS for --json." }
}

/// A value that JSON cannot hold.
private struct NotText: Error, CustomStringConvertible {
    let name: String

    var description: String {
        "A value of the column \(String(reflecting: name)) is not UTF-8. Use --csv, or convert it."
    }
}
#endif
