import AuthTokens
import RDSIAMHashing
package import RDSIAMSystem

extension AuditLogReader {
    /// Returns the entries that match, newest first, as they are read.
    ///
    /// "Newest" is what the log has recorded last: the clocks of several computers, or one that was put back, do not
    /// change the order. The entries are read in pages, so the log is never locked for long, and what is recorded after
    /// the first page is not among them.
    ///
    /// - Parameter filter: Which entries.
    public nonisolated func entries(matching filter: AuditFilter = AuditFilter()) -> AuditEntries {
        AuditEntries(reader: self, filter: filter)
    }

    /// Returns a page of the entries that match, newest first.
    ///
    /// - Parameters:
    ///   - filter: Which entries.
    ///   - limit: How many at most, 1 or more.
    ///   - cursor: Where the page begins: the ``AuditPage/next`` of the page before; `nil` for the first.
    /// - Throws: ``AuditLogError``: `damaged` if the file's pages lead back to rows that were read before; `busy`,
    ///   which may be tried again; `invalidArgument` if a date of the filter is not a number.
    public func page(
        matching filter: AuditFilter = AuditFilter(),
        limit: Int = 50,
        after cursor: AuditCursor? = nil
    ) throws -> AuditPage {
        guard limit > 0 else { throw AuditLogError(.invalidArgument, "A page has 1 entry or more.", path: path) }
        for date in filter.dates { try date.checkIsNumber(path: path) }
        return try reading { try EntryQuery(filter: filter).page(on: $0, after: cursor, limit: limit) }
    }

    /// Counts what the log holds: per day, user, server, role and error.
    ///
    /// - Parameters:
    ///   - since: From this moment on; `nil` from the beginning.
    ///   - until: Before this moment; `nil` to the end.
    ///   - progress: Is told now and then how many rows have been counted. It is called on the reader's thread.
    /// - Throws: ``AuditLogError``; `busy` may be tried again.
    package func statistics(
        since: Date? = nil,
        until: Date? = nil,
        progress: @escaping @Sendable (Int64) -> Void = { _ in }
    ) throws -> AuditStatistics {
        try since?.checkIsNumber(path: path)
        try until?.checkIsNumber(path: path)
        return try reading { try StatisticsQuery(since: since, until: until, progress: progress).run(on: $0) }
    }

    /// Looks a token up that has turned up somewhere, such as in a debug log.
    ///
    /// - Parameter token: The token's text. White space around it does not count. It is hashed and not stored.
    /// - Throws: ``AuditLogError``; `busy` may be tried again.
    public func trace(token: String) throws -> AuditTokenTrace {
        try trace(fingerprint: Self.fingerprint(of: token.trimmingASCIISpace()))
    }

    /// Looks up every token that stands in a text: in a line of a log, in a URL, percent-encoded once, escaped as in
    /// JSON, or broken into several lines.
    ///
    /// - Parameter text: The text, which is not stored.
    /// - Returns: What the log knows of each token that it knows, in the order in which they stand in the text.
    /// - Throws: ``AuditLogError``; `busy` may be tried again.
    package func traces(in text: String) throws -> [AuditTokenTrace] {
        try TokenText.candidates(in: text).map { try trace(fingerprint: Self.fingerprint(of: $0)) }.filter(\.isKnown)
    }

    private static func fingerprint(of token: String) throws -> String {
        do { return try SHA256Digest.hash(token).hexadecimal } catch { throw AuditLogError.noSHA256 }
    }

    /// Looks a token up by its fingerprint, as `sha256sum` prints it.
    ///
    /// - Parameter fingerprint: The SHA-256 of the token's text in hexadecimal.
    /// - Throws: ``AuditLogError``; `busy` may be tried again.
    public func trace(fingerprint: String) throws -> AuditTokenTrace {
        var filter = AuditFilter()
        filter.fingerprint = fingerprint
        let newest = try page(matching: filter, limit: AuditTokenTrace.most)
        let next = try newest.next.map { try page(matching: filter, limit: 1, after: $0) }
        filter.activity = .issue
        let issues = try newest.next.map { try page(matching: filter, limit: AuditTokenTrace.most, after: $0) }
        return AuditTokenTrace(
            fingerprint: fingerprint.asciiLowercased(),
            entries: newest.entries + (issues?.entries ?? []),
            isAbridged: next?.entries.isEmpty == false
        )
    }

    /// Writes events in another form, oldest first.
    ///
    /// - Parameters:
    ///   - format: The form.
    ///   - sequence: The row after which to begin; `nil` to begin at the first row there is.
    ///   - write: Takes the next bytes. It is called on the reader's thread.
    /// - Throws: ``AuditLogError`` `pruned` if rows after `sequence` are gone, `rewound` if the log ends before
    ///   `sequence`, `damaged` if rows are missing; what `write` throws.
    @discardableResult
    public func export(
        _ format: AuditExportFormat,
        after sequence: Int64? = nil,
        to write: @escaping @Sendable ([UInt8]) throws -> Void
    ) throws -> AuditExportSummary {
        try reading { try Exporter(connection: $0, format: format, write: write).export(after: sequence) }
    }

    /// Writes the events after those that an earlier export has written.
    ///
    /// - Parameters:
    ///   - format: The form.
    ///   - head: The ``AuditExportSummary/head`` of the export before. The log must still hold that very row.
    ///   - isAppending: Whether the events are appended to that export, so that no second heading is needed. Without a
    ///     heading, JSON Lines can be verified only together with what they are appended to.
    ///   - write: Takes the next bytes. It is called on the reader's thread.
    /// - Throws: As ``export(_:after:to:)``, and `rewound` if the log holds another row there or is another log.
    @discardableResult
    package func export(
        _ format: AuditExportFormat,
        continuing head: AuditHead,
        isAppending: Bool = false,
        to write: @escaping @Sendable ([UInt8]) throws -> Void
    ) throws -> AuditExportSummary {
        try reading { connection in
            try Exporter(connection: connection, format: format, write: write, isAppending: isAppending)
                .export(after: head)
        }
    }
}

extension AuditLogReader {
    /// Returns a row, or `nil` if there is none of that number, or no longer.
    ///
    /// - Throws: ``AuditLogError``; `busy` may be tried again.
    public func entry(at sequence: Int64) throws -> AuditEntry? {
        var filter = AuditFilter()
        guard sequence > 0, sequence < .max else { return nil }
        filter.after = sequence - 1
        return try page(matching: filter, limit: 1, after: AuditCursor(sequence: sequence + 1)).entries.first
    }

    /// Returns the event of that name, or `nil` if there is none.
    ///
    /// - Parameter id: The event's own name (``AuditRecord/id``), a UUID of version 7: it says when the event happened.
    /// - Throws: ``AuditLogError``; `busy` may be tried again.
    package func entry(withID id: String) throws -> AuditEntry? {
        var filter = AuditFilter()
        filter.id = id
        if let time = EventTime.milliseconds(ofID: id) {
            // The name's milliseconds and the payload's microseconds are rounded in different ways.
            filter.since = Date(timeIntervalSince1970: Double(time - 1) / 1000)
            filter.until = Date(timeIntervalSince1970: Double(time + 2) / 1000)
        }
        if let entry = try entry(withID: id, among: filter) { return entry }
        // Another program may have chosen the name.
        (filter.since, filter.until) = (nil, nil)
        return try entry(withID: id, among: filter)
    }

    private func entry(withID id: String, among filter: AuditFilter) throws -> AuditEntry? {
        try page(matching: filter, limit: 1000).entries.last { $0.record?.id.isBytewiseEqual(to: id) == true }
    }

    /// Returns the events after `entry` that are about the same token, oldest first, a thousand at most.
    ///
    /// - Parameter entry: The event that issued the token, or one of those after it.
    /// - Throws: ``AuditLogError``; `busy` may be tried again.
    package func outcomes(of entry: AuditEntry) throws -> [AuditEntry] {
        guard let record = entry.record, record.target != nil else { return [] }
        var filter = AuditFilter()
        filter.after = entry.sequence
        if let fingerprint = record.token?.fingerprint {
            filter.fingerprint = fingerprint
        } else {
            filter.id = record.issueID ?? record.id
        }
        return try page(matching: filter, limit: 1000).entries.reversed()
    }
}

/// The time that the name of an event begins with.
private enum EventTime {
    /// The milliseconds since 1970 in a UUID of version 7 (RFC 9562 §5.7), or `nil` if it is no such name.
    static func milliseconds(ofID id: String) -> Int64? {
        let groups = id.splitBytes(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12], groups[2].hasBytePrefix("7"),
            let bytes = Hexadecimal.decode(groups[0] + groups[1])
        else { return nil }
        return bytes.reduce(0) { $0 << 8 | Int64($1) }
    }
}
