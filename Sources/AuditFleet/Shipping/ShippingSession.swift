import LibpqClient
import RDSIAMSystem
import TokenAuditLog

/// Ships one log over one connection.
struct ShippingSession {
    let reader: AuditLogReader
    let connection: PGConnection
    let host: String
    let limits: LogShipper.BatchLimits
    private(set) var shipment = Shipment(logID: "")
    /// The last row that was shipped, and its chain hash; `nil` if the fleet does not know it.
    private var cursor = (row: Int64(0), hash: [UInt8]?.none)

    init(reader: AuditLogReader, connection: PGConnection, host: String, limits: LogShipper.BatchLimits) {
        (self.reader, self.connection, self.host, self.limits) = (reader, connection, host, limits)
    }

    /// Ships what is there, up to the log's end.
    ///
    /// - Parameter row: The row after which to begin; `nil` for the last that the fleet has.
    mutating func run(from row: Int64? = nil) async throws -> Shipment {
        try await enroll()
        if shipment.heldBy == nil { try await shipAll(after: row) }
        if !shipment.isSound { try await readFindings() }
        return shipment
    }

    private mutating func shipAll(after row: Int64?) async throws {
        // Looked at after the cursor was read: another shipper may be ahead of this one, but not the fleet of the log.
        let head = try await reader.head()
        try await say(head)
        if shipment.heldBy == nil { try await compareCursor(with: head) }
        if shipment.heldBy == nil { try await shipRows(after: row ?? cursor.row, skipsKnown: row == nil) }
    }

    private mutating func readFindings() async throws {
        shipment.findings = try await connection.query(
            "SELECT id, kind, seq FROM audit_fleet.open_findings($1)",
            shipment.logID
        ).rows.map { row in
            Shipment.Finding(number: try row.decode(at: 0), kind: try row.decode(at: 1), row: try row.decode(at: 2))
        }
    }

    private mutating func enroll() async throws {
        let origin = try await reader.origin()
        let row = try await connection.query(
            "SELECT next_seq, head_hash, held_by, open_findings FROM audit_fleet.enroll($1, $2, $3, $4, $5)",
            origin.logID,
            host,
            Self.absolute(reader.path),
            origin.sequence,
            Data(origin.chainHash)
        ).rows[0]
        shipment = Shipment(logID: origin.logID)
        cursor = (try row.decode(Int64.self, at: 0) - 1, try row.decodeIfPresent(Data.self, at: 1).map(Array.init))
        shipment.through = cursor.row
        shipment.heldBy = try row.decodeIfPresent(at: 2)
        shipment.openFindings = try row.decode(at: 3)
    }

    /// One name for one file, whatever directory it was named from, and also if a link leads to it.
    private static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Tells the fleet where the log ends.
    private mutating func say(_ head: AuditHead) async throws {
        let row = try await connection.query(
            "SELECT audit_fleet.contact($1, $2, $3, $4)",
            head.logID,
            cursor.row,
            head.sequence,
            Data(head.chainHash)
        ).rows[0]
        shipment.heldBy = try row.decodeIfPresent(at: 0)
    }

    /// Makes sure that the log still holds the row that was shipped last; if not, brings what it holds instead.
    ///
    /// A log that ends before that row, as was accepted, is compared up to its end.
    private mutating func compareCursor(with head: AuditHead) async throws {
        let last = min(cursor.row, head.sequence)
        let stored = last == cursor.row ? cursor.hash : try await storedHash(of: last)
        guard let stored, let row = try await reader.head(at: last), row.chainHash != stored else { return }
        var compared = try await firstDifference(through: last) - 1
        // Rows whose difference was accepted come again. What follows them may not have come yet.
        while shipment.heldBy == nil, compared < last {
            let batch = try await batch(after: compared)
            guard batch.count > 0 else { return }
            try await ship(batch)
            compared = batch.last
        }
    }

    /// The first row that differs from what was shipped: all after it do, as each hash covers all before it.
    private func firstDifference(through last: Int64) async throws -> Int64 {
        var (low, high) = (try await reader.origin().sequence &+ 1, last)
        while low < high {
            let middle = low + (high - low) / 2
            if try await isEqual(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func isEqual(_ row: Int64) async throws -> Bool {
        // A row that was retired, or is gone on either side, says nothing: the difference lies after it.
        guard let stored = try await storedHash(of: row), let local = try await reader.head(at: row)?.chainHash else {
            return true
        }
        return stored == local
    }

    private func storedHash(of row: Int64) async throws -> [UInt8]? {
        let result = try await connection.query("SELECT audit_fleet.hash_of_row($1, $2)", shipment.logID, row)
        return try result.rows[0].decodeIfPresent(Data.self, at: 0).map(Array.init)
    }

    // MARK: Batches

    private mutating func shipRows(after row: Int64, skipsKnown: Bool) async throws {
        var next = try await batch(after: row)
        while next.count > 0, shipment.heldBy == nil {
            let current = next
            // Read while the server works.
            async let following = batch(after: current.last)
            do {
                try await ship(current)
                next = try await following
            } catch {
                _ = try? await following
                throw error
            }
            // Another shipper of this log was faster.
            if skipsKnown, shipment.heldBy == nil, cursor.row > current.last {
                next = try await batch(after: cursor.row)
            }
        }
    }

    private func batch(after row: Int64) async throws -> RowBatch {
        var batch = RowBatch()
        let most = limits.rows
        var last = row
        while batch.count < most, batch.size < limits.bytes {
            let limit = min(limits.rowsPerRead, most - batch.count)
            let rows = try await reader.rows(after: last, limit: limit, into: RowBatch()) { $0.append($1) }
            guard rows.count > 0 else { break }
            batch.append(rows)
            last = batch.last
        }
        return batch
    }

    /// Stores a batch: its rows and the new cursor are committed together.
    private mutating func ship(_ batch: RowBatch) async throws {
        let parameters = [shipment.logID.pgParameter] + batch.parameters
        let row = try await connection.transaction {
            try await connection.query(
                """
                SELECT stored, known, next_seq, held_by, last_hash
                FROM audit_fleet.ship($1, $2, $3, $4, $5, $6, $7, $8)
                """,
                parameters: parameters
            ).rows[0]
        }
        shipment.stored += try row.decode(Int64.self, at: 0)
        shipment.known += try row.decode(Int64.self, at: 1)
        cursor = (try row.decode(Int64.self, at: 2) - 1, try row.decodeIfPresent(Data.self, at: 4).map(Array.init))
        shipment.through = cursor.row
        shipment.heldBy = try row.decodeIfPresent(at: 3)
    }
}
