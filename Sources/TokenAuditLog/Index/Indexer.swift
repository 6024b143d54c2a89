/// Writes down where the log's rows are to be found, after the rows themselves.
///
/// Each step is a transaction of its own that keeps one promise: all rows up to the last that is indexed can be found
/// by index. Several processes may take steps at once.
final class Indexer {
    private let connection: Connection
    private let hasher: ChainHasher
    /// The last row known to be indexed; 0 for none.
    private(set) var through: Int64 = 0

    /// A log whose index is damaged can be written all the same.
    init(_ connection: Connection) throws {
        self.connection = connection
        self.hasher = try ChainHasher()
        self.through = (try? connection.lastIndexed()?.through) ?? 0
    }

    /// Indexes the next `most` rows, those of one segment at most, unless fewer than `least` wait.
    func fold(atLeast least: Int64, most: Int64, head: Int64) throws {
        through = try connection.writing {
            // Another process may have done it.
            let through = try connection.lastIndexed()?.through ?? 0
            guard head - through >= least else { return through }
            guard through < .max, let next = try connection.row(from: through + 1) else { return head }
            let segment = Segment(of: next)
            let draft = try SegmentDraft(
                of: next...segment.rows.upperBound,
                limit: most,
                on: connection,
                hasher
            )
            try store(draft, in: segment)
            return draft.through ?? through
        }
    }

    /// Indexes the first segment anew that has rows and a number among these; nil where there is none.
    func rebuildFirst(of numbers: Range<Int64>) throws -> Segment? {
        try connection.writing {
            guard let segment = try connection.firstSegment(of: numbers) else { return nil }
            try connection.delete(from: Segment(number: numbers.lowerBound), through: segment)
            try store(SegmentDraft(of: segment.rows, on: connection, hasher), in: segment)
            return segment
        }
    }

    /// Indexes all segments anew.
    func rebuildAll() throws {
        var numbers = try segments()
        while let done = try rebuildFirst(of: numbers) { numbers = done.number + 1..<numbers.upperBound }
    }

    /// The segments that the log's rows are in, after all others have been deleted.
    func segments() throws -> Range<Int64> {
        try connection.writing {
            guard let first = try connection.integer("SELECT min(seq) FROM event"),
                let last = try connection.integer("SELECT max(seq) FROM event")
            else {
                try connection.delete(from: Segment(number: .min), through: Segment(number: .max))
                return 0..<0
            }
            let range = Segment(of: first).number..<Segment(of: last).number + 1
            try connection.delete(from: Segment(number: .min), through: Segment(number: range.lowerBound - 1))
            try connection.delete(from: Segment(number: range.upperBound), through: Segment(number: .max))
            return range
        }
    }

    private func store(_ draft: SegmentDraft, in segment: Segment) throws {
        guard let through = draft.through else { return }
        // A row that was indexed before by mistake, as in a damaged log, does no harm.
        let insert = try connection.prepare("INSERT OR IGNORE INTO lookup (segment, key, seq) VALUES (?1, ?2, ?3)")
        for entry in draft.entries {
            try insert.bind(segment.number, at: 1)
            try insert.bind(entry.key, at: 2)
            try insert.bind(entry.sequence, at: 3)
            try insert.run()
        }
        let update = try connection.prepare(
            """
            INSERT INTO segment (number, through_seq, first_us, last_us) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (number) DO UPDATE SET through_seq = ?2,
            first_us = coalesce(min(first_us, ?3), first_us, ?3), last_us = coalesce(max(last_us, ?4), last_us, ?4)
            """
        )
        try update.bind(segment.number, at: 1)
        try update.bind(through, at: 2)
        try update.bind(draft.first, at: 3)
        try update.bind(draft.last, at: 4)
        try update.run()
    }
}

extension Connection {
    /// The first segment that has rows and a number among these.
    func firstSegment(of numbers: Range<Int64>) throws -> Segment? {
        guard let first = numbers.first, let row = try row(from: Segment(number: first).rows.lowerBound) else {
            return nil
        }
        return numbers.contains(Segment(of: row).number) ? Segment(of: row) : nil
    }

    /// Deletes what is said about some segments, within a transaction.
    func delete(from first: Segment, through last: Segment) throws {
        for table in ["lookup WHERE segment", "segment WHERE number"] {
            let delete = try prepare("DELETE FROM \(table) BETWEEN ?1 AND ?2")
            try delete.bind(first.number, at: 1)
            try delete.bind(last.number, at: 2)
            try delete.run()
        }
    }
}
