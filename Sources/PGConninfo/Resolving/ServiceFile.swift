/// A service file, parsed as `parseServiceFile` in libpq parses it.
struct ServiceFile {
    /// `fgets` fills a buffer of 1,024 bytes, the closing NUL included.
    private static let longestRead = 1023

    let path: [UInt8]
    let contents: [UInt8]

    /// Sets what the group of this name sets and `parameters` does not.
    ///
    /// Returns whether there is such a group.
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

    /// Applies one setting.
    ///
    /// There are no blanks around the `=`, no quotes and no escapes. The first of several wins.
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

/// Returns lines as `fgets` does: no longer than the buffer, and cut at a NUL byte as C strings are.
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

/// Finds the service a connection asks for, as `parseServiceInfo` in libpq does.
struct ServiceLookup {
    /// libpq cuts paths to its buffer of 1,024 bytes, the closing NUL included.
    private static let longestPath = 1023

    let environment: ConninfoEnvironment

    /// Sets what the service sets and `parameters` does not.
    func apply(to parameters: inout Conninfo) throws(ConninfoError) {
        guard let service = parameters.bytes(of: .service) ?? environment.value(of: "PGSERVICE") else { return }
        if let path = explicitPath(parameters) ?? homePath, try apply(service, from: path, to: &parameters) { return }
        let directory = environment.value(of: "PGSYSCONFDIR") ?? environment.systemConfigurationDirectory
        let path = Self.cut(directory + "/pg_service.conf".utf8)
        if environment.files(path) != nil, try apply(service, from: path, to: &parameters) { return }
        throw .serviceNotFound(service)
    }

    /// The file that is named, which must exist.
    private func explicitPath(_ parameters: Conninfo) -> [UInt8]? {
        (parameters.bytes(of: .servicefile) ?? environment.value(of: "PGSERVICEFILE")).map(Self.cut)
    }

    private var homePath: [UInt8]? {
        guard let path = environment.homeDirectory.map({ Self.cut($0 + "/.pg_service.conf".utf8) }) else { return nil }
        return environment.files(path) == nil ? nil : path
    }

    private static func cut(_ path: [UInt8]) -> [UInt8] {
        Array(path.prefix(longestPath))
    }

    private func apply(
        _ service: [UInt8],
        from path: [UInt8],
        to parameters: inout Conninfo
    ) throws(ConninfoError) -> Bool {
        guard let contents = environment.files(path)?.contents else { throw .serviceFileNotFound(path) }
        guard try ServiceFile(path: path, contents: contents).apply(service: service, to: &parameters) else {
            return false
        }
        if parameters.dialect >= .v19 { parameters.setDefault(.servicefile, path[...]) }
        return true
    }
}

// One factory for each message of libpq's service-file reader.
extension ConninfoError {
    static func serviceFileNotFound(_ path: [UInt8]) -> ConninfoError {
        let message = LibpqMessage.quoting(path, "service file ", " not found")
        return ConninfoError(.serviceFileNotFound, keyword: "service", libpqMessage: message)
    }

    static func serviceNotFound(_ service: [UInt8]) -> ConninfoError {
        let message = LibpqMessage.quoting(service, "definition of service ", " not found")
        return ConninfoError(.serviceNotFound, keyword: "service", libpqMessage: message)
    }

    static func serviceLineTooLong(_ path: [UInt8], line: Int) -> ConninfoError {
        let message = LibpqMessage.quoting(path, "line \(line) too long in service file ")
        return ConninfoError(.serviceLineTooLong, keyword: "service", line: line, libpqMessage: message)
    }

    static func serviceSyntax(_ path: [UInt8], line: Int) -> ConninfoError {
        let message = LibpqMessage.quoting(path, "syntax error in service file ", ", line \(line)")
        return ConninfoError(.serviceSyntax, keyword: "service", line: line, libpqMessage: message)
    }

    static func nestedService(
        _ keyword: Conninfo.Keyword,
        _ path: [UInt8],
        line: Int,
        dialect: Conninfo.Dialect
    ) -> ConninfoError {
        let name = dialect >= .v19 ? "\"\(keyword)\"" : keyword.name
        let text = "nested \(name) specifications not supported in service file "
        let message = LibpqMessage.quoting(path, text, ", line \(line)")
        return ConninfoError(.nestedService, keyword: keyword.name, line: line, libpqMessage: message)
    }
}
