import RDSIAMBasics

/// Reads one shared-configuration file in the strict dialect that the AWS SDKs for Rust, Java and Kotlin agree on.
///
/// It works on bytes and knows lines only; what sections mean is the business of ``SharedConfiguration``.
struct ProfileFileParser {
    private let file: String
    private var lineNumber = 0
    private var sections: [RawSection] = []
    private var property: ByteText?
    private var hasSubproperties = false

    private init(file: String) {
        self.file = file
    }

    /// Parses a file.
    ///
    /// - Parameters:
    ///   - bytes: The file's contents.
    ///   - file: Its path, for errors.
    /// - Throws: ``AWSCredentialError`` with the code `invalidConfiguration`, naming file and line.
    static func parse(_ bytes: [UInt8], file: String) throws -> [RawSection] {
        var parser = ProfileFileParser(file: file)
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            parser.lineNumber += 1
            try parser.read(line)
        }
        return parser.sections
    }

    private mutating func read(_ line: ArraySlice<UInt8>) throws {
        guard let first = line.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else { return }
        let trimmed = line.trimmed
        guard !trimmed.isEmpty else { return }
        if first == UInt8(ascii: "[") {
            try readSection(trimmed)
        } else if first.isBlank {
            try readContinuation(trimmed)
        } else {
            try readProperty(trimmed)
        }
    }

    private mutating func readSection(_ line: ArraySlice<UInt8>) throws {
        let end = line.firstIndex { $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: ";") } ?? line.endIndex
        let header = line[..<end].trimmed
        guard header.last == UInt8(ascii: "]") else { throw error("a section must end with ']'") }
        sections.append(RawSection(name: header.dropFirst().dropLast().trimmed.text, line: lineNumber))
        property = nil
    }

    private mutating func readProperty(_ line: ArraySlice<UInt8>) throws {
        guard !sections.isEmpty else { throw error("a property stands before the first section") }
        let (name, value) = try split(line, what: "a property")
        let key = ByteText(name.asciiLowercased())
        sections[sections.count - 1].properties[key] = ProfileProperty(value: value, file: file, line: lineNumber)
        property = key
        hasSubproperties = value.isEmpty
    }

    private mutating func readContinuation(_ line: ArraySlice<UInt8>) throws {
        guard !sections.isEmpty else { throw error("a continuation stands before the first section") }
        guard let property else { throw error("a continuation stands before the first property of its section") }
        if hasSubproperties { _ = try split(line, what: "a sub-property") }
        sections[sections.count - 1].properties[property]?.value += "\n" + line.text
    }

    private func split(_ line: ArraySlice<UInt8>, what: String) throws -> (name: String, value: String) {
        guard let (name, value) = line.withoutComment.dividedAtEquals else { throw error("\(what) needs an '='") }
        guard !name.isEmpty else { throw error("\(what) needs a name before its '='") }
        return (name.text, value.text)
    }

    /// The line itself is not quoted: it may hold a secret.
    private func error(_ message: String) -> AWSCredentialError {
        AWSCredentialError(.invalidConfiguration, "The file \(file), line \(lineNumber): \(message).")
    }
}

/// A section as it stands in a file.
struct RawSection {
    var name: String
    var line: Int
    var properties: [ByteText: ProfileProperty] = [:]
}

/// A property with the place where it stands.
struct ProfileProperty: Sendable {
    var value: String
    var file: String
    var line: Int

    /// The nested settings of a property such as `sts =` with indented lines below.
    var subproperties: [ByteText: String] {
        var settings: [ByteText: String] = [:]
        for line in value.utf8.split(separator: UInt8(ascii: "\n")) {
            guard let (name, value) = ArraySlice(line).withoutComment.dividedAtEquals else { continue }
            settings[ByteText(name.text.asciiLowercased())] = value.text
        }
        return settings
    }
}
