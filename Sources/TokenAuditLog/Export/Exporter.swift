/// Writes the rows of a log in their order, a bounded number in each read transaction.
struct Exporter {
    let connection: Connection
    let format: AuditExportFormat
    let write: ([UInt8]) throws -> Void
    var stride: Int64 = 1_000

    func export(after sequence: Int64?) throws -> AuditExportSummary {
        let hasher = try ChainHasher()
        let logID = try connection.logID()
        var position = try connection.row(before: (sequence ?? 0) + 1, logID: logID, hasher: hasher)
        try checkStart(sequence, position)
        try writeHeading(position, isFirst: sequence == nil)
        // Whoever begins after a gap has been told of it.
        if let sequence { position = AuditHead(logID: logID, sequence: sequence, digest: position.digest) }
        let last = try connection.head().sequence
        var rows: Int64 = 0
        while position.sequence < last {
            let (text, next, count) = try connection.reading { try chunk(after: position, through: last) }
            try write(text)
            rows += count
            position = next
        }
        return AuditExportSummary(rows: rows, lastSequence: position.sequence)
    }

    /// Rows that are asked for and gone must not be skipped in silence.
    private func checkStart(_ sequence: Int64?, _ position: AuditHead) throws {
        guard let sequence, position.sequence > sequence else { return }
        throw AuditLogError(
            .pruned,
            "Rows \(sequence + 1) to \(position.sequence) have been pruned. Export after \(position.sequence).",
            path: connection.path
        )
    }

    private func writeHeading(_ position: AuditHead, isFirst: Bool) throws {
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
        through last: Int64
    ) throws -> (text: [UInt8], next: AuditHead, rows: Int64) {
        let select = try connection.prepare(
            "SELECT seq, payload, leaf_hash, chain_hash FROM event WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq"
        )
        try select.bind(position.sequence + 1, at: 1)
        try select.bind(min(position.sequence + stride, last), at: 2)
        var text: [UInt8] = []
        var next = position
        var rows: Int64 = 0
        while try select.step() {
            let entry = AuditEntry(select)
            guard entry.sequence == next.sequence + 1 else { throw missing(after: next.sequence) }
            if let line = line(entry, logID: position.logID) {
                text += line
                rows += 1
            }
            next = AuditHead(logID: next.logID, sequence: entry.sequence, digest: select.digest(3))
        }
        guard next.sequence == min(position.sequence + stride, last) else {
            throw missing(after: next.sequence)
        }
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
