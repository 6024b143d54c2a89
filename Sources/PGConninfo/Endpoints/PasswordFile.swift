/// The password file, read as `passwordFromFile` in libpq reads it.
struct PasswordFile {
    let contents: [UInt8]

    /// The password of the first line whose fields all match, even an empty one.
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
    /// A NUL byte hides the rest of its line, as it does from C strings, its end included.
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
