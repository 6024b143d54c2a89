/// A form in which the log leaves its file.
public struct AuditExportFormat: RawRepresentable, Sendable, Hashable {
    /// The form's name.
    public let rawValue: String

    /// Returns the form of that name, or `nil` if there is none.
    public init?(rawValue: String) {
        guard Self.all.contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    private init(_ rawValue: String) { self.rawValue = rawValue }

    private static let all = ["jsonl", "csv", "ocsf"]

    /// JSON Lines with each payload verbatim and its hashes: the evidence, which can be verified without the database.
    ///
    /// The first line says where the chain stands before the first row: log, sequence number, chain hash.
    public static let jsonLines = AuditExportFormat("jsonl")
    /// Comma-separated values (RFC 4180) for spreadsheets.
    ///
    /// A cell that a spreadsheet would take for a formula gets an apostrophe in front; control characters and line ends
    /// are written as in JSON, `\u001b`, so that a row is a line.
    public static let csv = AuditExportFormat("csv")
    /// One event of OCSF 1.8 per line: Authentication (class 3002) of each event about a token or a connection, Event
    /// Log Activity (class 1008) of each gap, pruning and acknowledgment.
    public static let ocsf = AuditExportFormat("ocsf")
}

/// How far an export has come.
public struct AuditExportSummary: Sendable, Hashable {
    /// How many rows were written.
    public let rows: Int64
    /// The last row that was looked at, from which the next export goes on.
    public let head: AuditHead

    /// The number of the last row that was looked at.
    ///
    /// The next export may begin after it.
    package var lastSequence: Int64 { head.sequence }
}
