/// The entries of a log that match a filter, newest first (``AuditLogReader/entries(matching:)``).
public struct AuditEntries: AsyncSequence, Sendable {
    /// An entry of the log.
    public typealias Element = AuditEntry

    let reader: AuditLogReader
    let filter: AuditFilter

    /// Begins at the newest entry.
    public func makeAsyncIterator() -> Iterator { Iterator(reader: reader, filter: filter) }

    /// Reads the entries, a page ahead.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let reader: AuditLogReader
        fileprivate let filter: AuditFilter
        private var page: ArraySlice<AuditEntry> = []
        private var cursor: AuditCursor?
        private var isAtEnd = false

        fileprivate init(reader: AuditLogReader, filter: AuditFilter) {
            self.reader = reader
            self.filter = filter
        }

        /// Returns the next entry, or `nil` after the oldest.
        ///
        /// - Throws: ``AuditLogError``; `busy` may be tried again. `CancellationError`.
        public mutating func next() async throws -> AuditEntry? {
            while page.isEmpty, !isAtEnd {
                try Task.checkCancellation()
                let next = try await reader.page(matching: filter, limit: 500, after: cursor)
                page = next.entries[...]
                cursor = next.next
                isAtEnd = next.next == nil
            }
            return page.popFirst()
        }
    }
}

/// Some entries, newest first, and where the next ones begin.
public struct AuditPage: Sendable, Hashable {
    /// The entries.
    public let entries: [AuditEntry]
    /// Where the page after this one begins, or `nil` if this is the last.
    public let next: AuditCursor?
}

/// A place between two entries in the order in which the log has recorded them.
public struct AuditCursor: Sendable, Hashable {
    /// The entry before which, in that order, the next page's are.
    let sequence: Int64
}

extension AuditCursor: LosslessStringConvertible {
    /// Reads what ``description`` writes, or returns `nil` if it is something else.
    public init?(_ description: String) {
        guard let sequence = Int64(description), sequence > 0 else { return nil }
        self.init(sequence: sequence)
    }

    /// A text that may be stored and given back, such as on a command line.
    public var description: String { String(sequence) }
}
