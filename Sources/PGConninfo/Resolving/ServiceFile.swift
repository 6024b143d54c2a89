/// One service file, read as `parseServiceFile` in libpq reads it.
struct ServiceFile {
    /// `fgets` fills a buffer of 1,024 bytes, the closing NUL included.
    private static let longestRead = 1023

    let path: [UInt8]
    let contents: [UInt8]

    /// Sets what the group of this name sets and `parameters` does not; false if there is no such group.
    func apply(
        service: [UInt8],
        to parameters: inout Conninfo
    ) throws(ConninfoError) -> Bool {
        var reader = LineReader(contents: contents, limit: Self.longestRead)
        var isInGroup = false
        while let line = reader.next() {
            guard line.count < Self.longestRead else { throw .serviceLineTooLong(path, line: reader.number) }
            let setting = line.trimmingBlanks
            guard let first = setting.first, first != UInt8(ascii: "#") else { continue }
            if first == UInt8(ascii: "[") {
                if isInGroup { return true }
                isInGroup = setting.dropFirst().starts(with: service + [UInt8(ascii: "]")])
            } else if isInGroup {
                try apply(setting, line: reader.number, to: &parameters)
            }
        }
        return isInGroup
    }

    /// There are no blanks around the `=`, no quotes and no escapes; the first of several settings wins.
    private func apply(_ setting: ArraySlice<UInt8>, line: Int, to parameters: inout Conninfo) throws(ConninfoError) {
        if setting.starts(with: "ldap".utf8) { throw LDAPServiceURL.refusal(of: setting, line: line) }
        guard let equals = setting.firstIndex(of: UInt8(ascii: "=")) else { throw .serviceSyntax(path, line: line) }
        let name = Array(setting[..<equals])
        let nested: [Conninfo.Keyword] = parameters.dialect >= .v19 ? [.service, .servicefile] : [.service]
        if let keyword = nested.first(where: { $0.name.utf8.elementsEqual(name) }) {
            throw .nestedService(keyword, path, line: line, dialect: parameters.dialect)
        }
        guard let code = KeywordCode(named: name.span, in: parameters.dialect) else {
            throw .serviceSyntax(path, line: line)
        }
        parameters.setDefault(code, setting[(equals + 1)...])
    }
}

/// Gives lines as `fgets` does: no longer than the buffer, and cut at a NUL byte as C strings are.
private struct LineReader {
    let contents: [UInt8]
    let limit: Int
    private var position = 0
    private(set) var number = 0

    init(contents: [UInt8], limit: Int) {
        self.contents = contents
        self.limit = limit
    }

    mutating func next() -> ArraySlice<UInt8>? {
        guard position < contents.count else { return nil }
        let window = contents[position...].prefix(limit)
        let end = window.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? window.endIndex
        defer { position = end }
        number += 1
        return contents[position..<end].prefix { $0 != 0 }
    }
}

extension ArraySlice<UInt8> {
    fileprivate var trimmingBlanks: ArraySlice<UInt8> {
        let start = drop(while: \.isBlank)
        guard let last = start.lastIndex(where: { !$0.isBlank }) else { return [] }
        return start[...last]
    }
}
