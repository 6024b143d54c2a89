import RDSIAMBasics

/// One message about a failed login: a server's, or a client library's own.
public struct ServerMessage: Sendable {
    /// The words, such as `PAM authentication failed for user "andrew"`.
    package var text: String
    /// The SQLSTATE (PostgreSQL, "Error Codes"), or `nil` for words of a client library.
    package var sqlState: String?
    /// The severity, such as `FATAL`.
    package var severity: String?
    /// The server's detail.
    package var detail: String?
    /// The server's hint.
    package var hint: String?

    /// Creates a message.
    ///
    /// - Parameters:
    ///   - text: The words.
    ///   - sqlState: The SQLSTATE; `nil` or empty if there is none.
    ///   - severity: The severity.
    ///   - detail: The server's detail.
    ///   - hint: The server's hint.
    public init(
        _ text: String,
        sqlState: String? = nil,
        severity: String? = nil,
        detail: String? = nil,
        hint: String? = nil
    ) {
        self.text = text
        self.sqlState = sqlState.flatMap { $0.isEmpty ? nil : $0 }
        self.severity = severity
        self.detail = detail
        self.hint = hint
    }

    /// The SQLSTATE, or the one that PostgreSQL gives with these words if the client library does not tell it.
    var state: String? {
        if let sqlState { return sqlState }
        let states: [(String, words: [String])] = [
            ("28P01", ["password authentication failed for user"]),
            ("28000", ["PAM authentication failed", "LDAP authentication failed", "pg_hba.conf"]),
            ("53300", ["connection slots are reserved", "sorry, too many clients"]),
            ("57P03", ["the database system is starting up"]),
        ]
        return states.first { $0.words.contains { says($0) } }?.0
    }

    /// Returns whether the words, the detail or the hint contain one of these, in any case of the letters A to Z.
    ///
    /// What stands in quotation marks does not count: it is the name of a user, a database or a host.
    func says(_ words: String...) -> Bool {
        let text = [text, detail, hint].compactMap { $0?.withoutQuotations }.joined(separator: "\n").asciiLowercased()
        return words.contains { text.containsBytes($0.asciiLowercased()) }
    }

    /// The words as a fact to show, with the SQLSTATE.
    var quotation: String {
        let more = [detail, hint].compactMap { $0 }.filter { !$0.isEmpty }.map { " " + $0.shown }.joined()
        let state = sqlState.map { " (SQLSTATE \($0))" } ?? ""
        return "\(sqlState == nil ? "The failure reads" : "The server said"): \(text.shown)\(more)\(state)."
    }
}

extension [ServerMessage] {
    /// Reads libpq's text of a failed login (`PQerrorMessage`), one message for each of a server's or of libpq's own.
    ///
    /// Lines such as `FATAL:  28P01: password …` with `PQERRORS_VERBOSE`, or `FATAL:  password …` without, are the
    /// server's.
    public init(libpqText text: String) {
        self = []
        for line in text.splitBytes(separator: "\n") where !line.hasBytePrefix("LOCATION:") {
            let line = Self.withoutServer(line).trimmingASCIISpace()
            if let detail = line.after("DETAIL:  "), !isEmpty {
                self[count - 1].detail = detail
            } else if let hint = line.after("HINT:  "), !isEmpty {
                self[count - 1].hint = hint
            } else if !line.isEmpty {
                append(Self.message(line))
            }
        }
    }

    private static func message(_ line: String) -> ServerMessage {
        let parts = line.splitBytes(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, ["FATAL", "ERROR", "PANIC"].contains(parts[0]) else { return ServerMessage(line) }
        let rest = parts[1].trimmingASCIISpace()
        let state = rest.splitBytes(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard state.count == 2, state[0].isSQLState else { return ServerMessage(rest, severity: parts[0]) }
        return ServerMessage(state[1].trimmingASCIISpace(), sqlState: state[0], severity: parts[0])
    }

    private static func withoutServer(_ line: String) -> String {
        let mark = " failed: "
        guard line.hasBytePrefix("connection to server "), let end = line.firstRange(of: mark) else { return line }
        return String(line[end.upperBound...])
    }
}

extension String {
    /// The text after a prefix, or `nil` if it does not begin with it.
    func after(_ prefix: String) -> String? {
        hasBytePrefix(prefix) ? String(decoding: utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : nil
    }

    /// The text without what stands between two quotation marks.
    fileprivate var withoutQuotations: String {
        let parts = splitBytes(separator: "\"", omittingEmptySubsequences: false)
        // An opening mark without its partner quotes nothing.
        let isWhole = !parts.count.isMultiple(of: 2)
        return parts.indices.filter { $0.isMultiple(of: 2) || (!isWhole && $0 == parts.count - 1) }
            .map { parts[$0] }.joined(separator: "\"\"")
    }

    fileprivate var isSQLState: Bool {
        utf8.count == 5 && utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
    }
}
