/// Writes the rows of a log in their order, a bounded number in each read transaction.
struct Exporter {
    let connection: Connection
    let format: AuditExportFormat
    let write: ([UInt8]) throws -> Void
    var stride: Int64 = 1_000
    /// Whether the rows are appended to what an earlier export has written, which has a heading.
    var isAppending = false

    /// Goes on after a row that an earlier export has ended with.
    func export(after head: AuditHead) throws -> AuditExportSummary {
        let found = try connection.reading { try start(after: head.sequence) }
        guard found == head else {
            let message =
                "Row \(head.sequence) is not the one that was exported: this is another log, or it was put back"
            throw AuditLogError(.rewound, message + " from a copy. Verify it.", path: connection.path)
        }
        return try export(after: head.sequence)
    }

    func export(after sequence: Int64?) throws -> AuditExportSummary {
        let sequence = sequence.map { max(0, $0) }
        var (position, last) = try connection.reading {
            (try start(after: sequence), try connection.head().sequence)
        }
        try writeHeading(position, isFirst: sequence == nil)
        // A caller that begins after a gap has been told of it.
        if let sequence { position = AuditHead(logID: position.logID, sequence: sequence, digest: position.digest) }
        var rows: Int64 = 0
        while position.sequence < last {
            let end = last - position.sequence < stride ? last : position.sequence + stride
            let (text, next, count) = try connection.reading { try chunk(after: position, through: end) }
            try write(text)
            rows += count
            position = next
        }
        return AuditExportSummary(rows: rows, head: position)
    }

    /// The row after which to begin: at the last that was pruned, or at the one that is named.
    private func start(after sequence: Int64?) throws -> AuditHead {
        let hasher = try ChainHasher()
        let logID = try connection.logID()
        let pruned = try connection.row(before: 1, logID: logID, hasher: hasher)
        // A number no row can have, which only a forger leaves, is as good as none.
        let first = pruned.sequence < 0 ? AuditHead(logID: logID, sequence: 0, digest: pruned.digest) : pruned
        guard let sequence else { return first }
        let head = try connection.head()
        // Rows this reader has seen are gone: there will be others with their numbers.
        guard sequence <= max(head.sequence, first.sequence) else { throw rewound(from: sequence, to: head.sequence) }
        try checkNotPruned(after: sequence, first.sequence)
        // The last number there is has none after it.
        return sequence < .max ? try connection.row(before: sequence + 1, logID: logID, hasher: hasher) : head
    }

    private func rewound(from sequence: Int64, to last: Int64) -> AuditLogError {
        AuditLogError(
            .rewound,
            "Row \(sequence) is not there, the log ends at \(last): it was cut off, or put back from a copy. Verify it.",
            path: connection.path
        )
    }

    /// Rows that are asked for and gone must not be skipped in silence.
    private func checkNotPruned(after sequence: Int64, _ pruned: Int64) throws {
        guard pruned > sequence else { return }
        throw AuditLogError(
            .pruned,
            "Rows \(sequence &+ 1) to \(pruned) have been pruned. Export after \(pruned).",
            path: connection.path
        )
    }

    private func writeHeading(_ position: AuditHead, isFirst: Bool) throws {
        guard !isAppending else { return }
        switch format {
        case .jsonLines:
            let heading = CanonicalJSON.object([
                "format": .string("rds-iam-audit-log/1"), "log": .string(position.logID),
                "seq": .integer(position.sequence),
                "chain": .string(Hexadecimal.encode(position.chainHash)),
            ])
            try write(heading.utf8 + [UInt8(ascii: "\n")])
        case .csv where isFirst: try write(CSVRow.heading.line)
        default: break
        }
    }

    private func chunk(
        after position: AuditHead,
        through end: Int64
    ) throws -> (text: [UInt8], next: AuditHead, rows: Int64) {
        try checkNotPruned(after: position.sequence, connection.prunedThrough())
        let select = try connection.prepare(Queries.rowsToRead)
        try select.bind(position.sequence &+ 1, at: 1)
        try select.bind(end, at: 2)
        var text: [UInt8] = []
        var next = position
        var rows: Int64 = 0
        while try select.step() {
            let entry = AuditEntry(select)
            guard entry.sequence == next.sequence &+ 1 else { throw missing(after: next.sequence) }
            if let line = line(entry, logID: position.logID) {
                text += line
                rows += 1
            }
            next = AuditHead(logID: next.logID, sequence: entry.sequence, digest: select.digest(3))
        }
        guard next.sequence == end else { throw missing(after: next.sequence) }
        return (text, next, rows)
    }

    private func missing(after sequence: Int64) -> AuditLogError {
        AuditLogError(
            .damaged,
            "The row after \(sequence) is not there. Verify the log; export after the gap to go on.",
            path: connection.path
        )
    }

    private func line(_ entry: AuditEntry, logID: String) -> [UInt8]? {
        switch format {
        case .csv: CSVRow(entry).line
        case .ocsf: OCSFEvent(entry, logID: logID).map { $0.json.utf8 + [UInt8(ascii: "\n")] }
        default: Array(entry.jsonLine.utf8) + [UInt8(ascii: "\n")]
        }
    }
}
