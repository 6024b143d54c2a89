import RDSIAMBasics

/// What libpq's error text of a failed connection says: the server's SQLSTATE, and the text without it.
///
/// With `PQERRORS_VERBOSE` a server's refusal reads `FATAL:  28P01: password authentication failed for user "andrew"`,
/// followed by a line `LOCATION:  …`, and is the only place where libpq tells the SQLSTATE.
struct LibpqErrorText {
    /// The last SQLSTATE in the text.
    let sqlState: String?
    /// The text in one line, without SQLSTATE and source location.
    let summary: String

    /// - Parameters:
    ///   - text: The value of `PQerrorMessage`.
    ///   - secrets: What must not be repeated, should a server have echoed it.
    init(_ text: String, hiding secrets: [String] = []) {
        var state: String?
        var lines: [String] = []
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("LOCATION:") {
            let (code, rest) = Self.split(String(line))
            state = code ?? state
            lines.append(rest.trimmingPrefix(while: \.isWhitespace).description)
        }
        sqlState = state
        summary = secrets.filter { !$0.isEmpty }.reduce(lines.joined(separator: "; ")) {
            $0.replacingBytes($1, with: "***")
        }
    }

    /// Takes `28P01: ` out of `FATAL:  28P01: password …`.
    private static func split(_ line: String) -> (code: String?, rest: String) {
        guard let mark = line.firstRange(of: ":  ") else { return (nil, line) }
        let code = line[mark.upperBound...].prefix(5)
        let tail = line[mark.upperBound...].dropFirst(5)
        guard code.count == 5, code.allSatisfy({ $0.isASCII && ($0.isUppercase || $0.isNumber) }), tail.hasPrefix(": ")
        else { return (nil, line) }
        return (String(code), String(line[..<mark.upperBound]) + tail.dropFirst(2))
    }
}
