/// A form in which the log leaves its file.
public struct AuditExportFormat: RawRepresentable, Sendable, Hashable {
    /// The form's name.
    public let rawValue: String

    /// The form of that name; nil where there is none.
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
    /// A cell that a spreadsheet would take for a formula gets an apostrophe in front.
    public static let csv = AuditExportFormat("csv")
    /// One OCSF 1.8 Authentication event (class 3002) per line, of each event about a token or a connection.
    public static let ocsf = AuditExportFormat("ocsf")
}

/// How far an export has come.
public struct AuditExportSummary: Sendable, Hashable {
    /// How many rows were written.
    public let rows: Int64
    /// The last row that was looked at.
    ///
    /// The next export may begin after it.
    public let lastSequence: Int64
}
