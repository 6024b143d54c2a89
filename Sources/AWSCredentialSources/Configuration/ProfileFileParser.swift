import RDSIAMBasics

/// Reads one shared-configuration file in the dialect that the AWS SDKs for Rust, Java and Kotlin agree on, with the
/// section names of the AWS CLI.
///
/// It works on bytes and knows lines only; ``SharedConfiguration`` knows what sections mean. A line that cannot be read
/// spoils the section it stands in and no other.
struct ProfileFileParser {
    private let file: String
    private var lineNumber = 0
    private(set) var sections: [RawSection] = []
    /// What stands before the first section and cannot be read.
    private(set) var faults: [String] = []
    private var property: ByteText?
    private var hasSubproperties = false

    /// Parses a file.
    ///
    /// - Parameters:
    ///   - bytes: The file's contents.
    ///   - file: Its path, for messages.
    init(_ bytes: [UInt8], file: String) {
        self.file = file
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            lineNumber += 1
            read(line)
        }
    }

    private mutating func read(_ line: ArraySlice<UInt8>) {
        let trimmed = line.trimmed
        guard let first = line.first, let sign = trimmed.first, sign != UInt8(ascii: "#"), sign != UInt8(ascii: ";")
        else { return }
        if first == UInt8(ascii: "[") {
            readSection(trimmed)
        } else if sections.isEmpty {
            note("\(first.isBlank ? "a continuation" : "a property") stands before the first section")
        } else if first.isBlank {
            readContinuation(trimmed)
        } else {
            readProperty(trimmed)
        }
    }

    private mutating func readSection(_ line: ArraySlice<UInt8>) {
        let name = SectionName.ofHeader(line)
        sections.append(RawSection(name: name ?? "", hasName: name != nil, file: file, line: lineNumber))
        // What follows belongs to a section that cannot be named, and to no other.
        if name == nil { note("a section must end with ']'") }
        property = nil
    }

    private mutating func readProperty(_ line: ArraySlice<UInt8>) {
        property = nil
        guard let (name, value) = split(line, what: "a property") else { return }
        let key = ByteText(name.asciiLowercased())
        sections[sections.count - 1].properties[key] = value
        property = key
        hasSubproperties = value.isEmpty
    }

    private mutating func readContinuation(_ line: ArraySlice<UInt8>) {
        guard let property else { return note("a continuation stands before the first property of its section") }
        if hasSubproperties, split(line, what: "a sub-property") == nil { return }
        sections[sections.count - 1].properties[property]? += "\n" + line.text
    }

    private mutating func split(_ line: ArraySlice<UInt8>, what: String) -> (name: String, value: String)? {
        guard let (name, value) = line.withoutComment.dividedAtEquals else {
            note("\(what) needs an '='")
            return nil
        }
        guard !name.isEmpty else {
            note("\(what) needs a name before its '='")
            return nil
        }
        return (name.text, value.text)
    }

    /// The line itself is not quoted: it may hold a secret.
    private mutating func note(_ fault: String) {
        let text = "In \(file), line \(lineNumber), \(fault)."
        if sections.isEmpty { faults.append(text) } else { sections[sections.count - 1].faults.append(text) }
    }
}

/// A section as it stands in a file.
struct RawSection {
    var name: String
    /// Whether its name can be read.
    var hasName: Bool
    var file: String
    var line: Int
    var properties: [ByteText: String] = [:]
    /// What in it cannot be read.
    var faults: [String] = []
}

/// How the AWS CLI names sections.
enum SectionName {
    /// Returns what stands between the brackets of a line, or `nil` if the second is missing.
    ///
    /// A bracket in quotes closes nothing, unless the quotes themselves have no end.
    static func ofHeader(_ line: ArraySlice<UInt8>) -> String? {
        var quote: UInt8?
        let inner = line.dropFirst()
        for index in inner.indices {
            let byte = inner[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
            } else if byte == UInt8(ascii: "]") {
                return inner[..<index].trimmed.text
            }
        }
        return inner.firstIndex(of: UInt8(ascii: "]")).map { inner[..<$0].trimmed.text }
    }

    /// Returns the words of a name as a POSIX shell splits them, or `nil` if a quote or an escape has no end.
    ///
    /// These are the rules of Python's `shlex.split`, by which the AWS CLI reads the names it has quoted.
    static func words(_ name: String) -> [String]? {
        var words: [[UInt8]] = []
        var isInWord = false
        var rest = Array(name.utf8)[...]
        while let byte = rest.popFirst() {
            guard !byte.isBlank else {
                isInWord = false
                continue
            }
            if !isInWord { words.append([]) }
            isInWord = true
            switch byte {
            case UInt8(ascii: "'"):
                guard let end = rest.firstIndex(of: byte) else { return nil }
                words[words.count - 1] += rest[..<end]
                rest = rest[(end + 1)...]
            case UInt8(ascii: "\""):
                guard let quoted = doubleQuoted(&rest) else { return nil }
                words[words.count - 1] += quoted
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                words[words.count - 1].append(escaped)
            default: words[words.count - 1].append(byte)
            }
        }
        return words.map { $0[...].text }
    }

    private static func doubleQuoted(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return text }
            if byte == UInt8(ascii: "\\"), let next = rest.first, next == byte || next == UInt8(ascii: "\"") {
                rest.removeFirst()
                text.append(next)
            } else {
                text.append(byte)
            }
        }
        return nil
    }
}
