import RDSIAMBasics

/// What libpq's error text of a failed login says: the server's message, and the text without what repeats itself.
///
/// With `PQERRORS_VERBOSE` a server's refusal reads `FATAL:  28P01: password authentication failed for user "andrew"`,
/// followed by `DETAIL:  …`, `HINT:  …` and `LOCATION:  …`, and is the only place where libpq tells the SQLSTATE. If
/// libpq has tried with TLS and without, there are two of them; the first is about what was asked for.
struct LoginFailureText {
    /// The first message of the server, or `nil` if there is none.
    private(set) var server: PGServerMessage?
    /// The text in one line, without server names, SQLSTATE and the server's source locations.
    private(set) var summary: String

    /// - Parameters:
    ///   - text: The value of `PQerrorMessage`.
    ///   - secrets: What must not be repeated, should a server have echoed it.
    init(_ text: String, hiding secrets: [String] = []) {
        let text = secrets.filter { !$0.isEmpty }.reduce(text) { $0.replacingBytes($1, with: "***") }
        var messages: [PGServerMessage] = []
        var lines: [String] = []
        for line in text.splitBytes(separator: "\n") {
            let line = Self.withoutServer(line).trimmingASCIISpace()
            if let location = line.after("LOCATION:  ") {
                messages[last: messages.count - 1]?.routine = location.splitBytes(separator: ",").first
            } else if let detail = line.after("DETAIL:  ") {
                messages[last: messages.count - 1]?.detail = detail
            } else if let hint = line.after("HINT:  ") {
                messages[last: messages.count - 1]?.hint = hint
            } else if let message = PGServerMessage(loginLine: line) {
                messages.append(message)
                lines.append("\(message.severity): \(message.message)")
            } else {
                lines.append(line)
            }
        }
        server = messages.first
        summary = lines.joined(separator: "; ")
    }

    /// Takes `connection to server at "192.0.2.7", port 5432 failed: ` off the text; the message names the server
    /// itself.
    private static func withoutServer(_ line: String) -> String {
        let mark = " failed: "
        guard line.hasBytePrefix("connection to server "), let end = line.firstRange(of: mark) else { return line }
        return String(line[end.upperBound...])
    }
}

extension PGServerMessage {
    /// Reads `FATAL:  28P01: password …`, or returns `nil` if the line has another form.
    fileprivate init?(loginLine line: String) {
        let parts = line.splitBytes(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let state = parts[1].after("  "), let message = parts[2].after(" "),
            state.utf8.count == 5,
            state.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) })
        else { return nil }
        (severity, sqlState, self.message) = (parts[0], state, message)
    }
}

extension String {
    /// The text after a prefix, or `nil` if it does not begin with it.
    fileprivate func after(_ prefix: String) -> String? {
        hasBytePrefix(prefix) ? String(decoding: utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : nil
    }
}

extension [PGServerMessage] {
    fileprivate subscript(last index: Int) -> PGServerMessage? {
        get { indices.contains(index) ? self[index] : nil }
        set { if let newValue, indices.contains(index) { self[index] = newValue } }
    }
}
