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
