/// The password file, parsed as `passwordFromFile` in libpq parses it.
struct PasswordFile {
    let contents: [UInt8]

    /// Returns the password of the first line whose fields all match, even if it is empty.
    func password(matching fields: [[UInt8]]) -> [UInt8]? {
        for line in lines where line.first != UInt8(ascii: "#") {
            var rest: ArraySlice<UInt8>? = line
            for field in fields { rest = rest.flatMap { Self.afterField(of: $0, matching: field) } }
            if let rest { return Self.unescapedPassword(rest) }
        }
        return nil
    }

    /// The lines without CR and LF.
    ///
    /// A NUL byte hides the rest of its line and the line's end, as it does in C strings.
    private var lines: [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var hidden: [UInt8] = []
        for line in contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let visible = line.prefix { $0 != 0 }
            if visible.endIndex == line.endIndex {
                lines.append((hidden + visible)[...].withoutCarriageReturns)
                hidden = []
            } else {
                hidden += visible
            }
        }
        return hidden.isEmpty ? lines : lines + [hidden[...].withoutCarriageReturns]
    }

    private static func afterField(of line: ArraySlice<UInt8>, matching field: [UInt8]) -> ArraySlice<UInt8>? {
        if line.starts(with: "*:".utf8) { return line.dropFirst(2) }
        var rest = line
        var expected = field[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: ":"), expected.isEmpty { return rest }
            let literal = byte == UInt8(ascii: "\\") ? rest.popFirst() : byte
            guard let wanted = expected.popFirst(), literal == wanted else { return nil }
        }
        return nil
    }

    private static func unescapedPassword(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var rest = text
        var password: [UInt8] = []
        while let byte = rest.popFirst(), byte != UInt8(ascii: ":") {
            password.append(byte == UInt8(ascii: "\\") ? rest.popFirst() ?? byte : byte)
        }
        return password
    }
}

extension ArraySlice<UInt8> {
    fileprivate var withoutCarriageReturns: ArraySlice<UInt8> {
        var line = self
        while line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line
    }
}

extension ResolvedConninfo {
    /// Looks up the password for an endpoint in the password file, as libpq does if `password` is unset or empty.
    ///
    /// A file that cannot be opened is ignored. One that is no plain file, or that others may read, is ignored with a
    /// warning.
    /// - Parameters:
    ///   - endpoint: One of ``endpoints()``.
    ///   - warn: Receives libpq's warning, which names the file.
    /// - Returns: The password, a **secret**, which may be empty and need not be UTF-8, or `nil` if no line matches or
    ///   if the file is not used.
    package func passwordFromFile(for endpoint: Conninfo.Endpoint, warn: (String) -> Void = { _ in }) -> [UInt8]? {
        guard nonEmpty(.password) == nil, let path = nonEmpty(.passfile) else { return nil }
        guard let database = nonEmpty(.dbname), let user = nonEmpty(.user) else { return nil }
        guard let file = environment.files(path), let contents = file.contents else { return nil }
        if let fault = file.fault {
            warn("WARNING: password file \"\(String(decoding: path, as: UTF8.self))\" \(fault)")
            return nil
        }
        return PasswordFile(contents: contents)
            .password(matching: [fileHost(endpoint), endpoint.portBytes, database, user])
    }

    /// The host in the terms of the password file, in which the default socket directory is `localhost`.
    private func fileHost(_ endpoint: Conninfo.Endpoint) -> [UInt8] {
        let host = endpoint.hostBytes ?? endpoint.hostaddrBytes ?? []
        return host == environment.socketDirectory ? Array("localhost".utf8) : host
    }
}

extension ConninfoFileReader.File {
    /// The reason why libpq does not trust the file, or `nil` if it does.
    fileprivate var fault: String? {
        if !isPlainFile { return "is not a plain file" }
        guard permissions & 0o077 != 0 else { return nil }
        return "has group or world access; permissions should be u=rw (0600) or less"
    }
}
