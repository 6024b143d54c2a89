import LibpqClient
package import RDSIAMSystem
import TokenAuditLog

/// Rows of one month that were taken out of the fleet, and who did it.
package struct FleetRetirement: Sendable, Hashable {
    /// The table that holds them, or has held them, in the schema `audit_fleet`.
    package let partition: String
    /// The first moment of the month.
    package let month: Date
    /// How many rows they are.
    package let rows: Int64
    /// The least of their numbers, and the greatest.
    package let range: ClosedRange<Int64>
    /// Who has retired them.
    package let retiredBy: String
    /// When they were retired.
    package let retired: Date
    /// The chain; 0 for rows of several.
    let chainID: Int32

    static func query(isPerChain: Bool, where condition: String = "true") -> String {
        """
        SELECT p.name::text, p.from_time, sum(r.last_seq - r.first_seq + 1)::bigint, min(r.first_seq), max(r.last_seq),
            p.retired_by::text, p.retired, \(isPerChain ? "r.chain_id" : "0")
        FROM audit_fleet.partition p JOIN audit_fleet.retired_run r ON r.partition_id = p.id
        WHERE p.retired IS NOT NULL AND \(condition)
        GROUP BY p.id\(isPerChain ? ", r.chain_id" : "") ORDER BY p.from_time, p.id
        """
    }

    init(_ row: PGRow) throws {
        (partition, month, rows) = (try row.decode(at: 0), try row.decode(at: 1), try row.decode(at: 2))
        let (first, last): (Int64, Int64) = (try row.decode(at: 3), try row.decode(at: 4))
        range = min(first, last)...max(first, last)
        (retiredBy, retired, chainID) = (try row.decode(at: 5), try row.decode(at: 6), try row.decode(at: 7))
    }

    private var act: String {
        "\(month.rfc3339.prefix(7)), retired by \(retiredBy) at \(retired.rfc3339) into audit_fleet.\(partition)"
    }

    /// What is gone of one log, in words.
    package var words: String {
        "\(rows) rows from row \(range.lowerBound) to row \(range.upperBound) of \(act)"
    }

    /// What is gone of all logs, in words.
    package var wordsForAll: String { "\(rows) rows of \(act)" }
}

extension Fleet {
    /// The months of a period that were taken out of the fleet: no search finds their events.
    ///
    /// - Parameters:
    ///   - since: The beginning of the period; `nil` for the fleet's.
    ///   - until: The end of the period; `nil` for the fleet's.
    ///   - host: Of this host alone; `nil` for all.
    /// - Throws: ``FleetError``: `notInstalled`, `notPermitted`; `PGError`.
    package func retirements(
        since: Date? = nil,
        until: Date? = nil,
        host: String? = nil
    ) async throws -> [FleetRetirement] {
        var parameters: [(any PGEncodable)?] = []
        var conditions = ["true"]
        func add(_ condition: String, _ value: (any PGEncodable)?) {
            guard let value else { return }
            parameters.append(value)
            conditions.append("\(condition) $\(parameters.count)")
        }
        add("p.until_time >", since)
        add("p.from_time <", until)
        add("(SELECT c.host FROM audit_fleet.chain c WHERE c.id = r.chain_id) =", host)
        let query = FleetRetirement.query(isPerChain: false, where: conditions.joined(separator: " AND "))
        return try await explaining(.reader) {
            try await connection.query(query, parameters: parameters).rows.map(FleetRetirement.init)
        }
    }
}

/// What was retired, by chain.
struct Retirements {
    /// Rows without a gap, and what the next row must follow from.
    struct Run {
        let first: Int64
        let last: AuditHead
    }

    private var runs: [Int32: [Run]] = [:]
    private let months: [Int32: [FleetRetirement]]

    init(_ connection: PGConnection) async throws {
        let query = FleetRetirement.query(isPerChain: true)
        months = Dictionary(grouping: try await connection.query(query).rows.map(FleetRetirement.init), by: \.chainID)
        let rows = try await connection.query(
            """
            SELECT r.chain_id, r.first_seq, r.last_seq, r.last_hash, c.log_id FROM audit_fleet.retired_run r
            JOIN audit_fleet.chain c ON c.id = r.chain_id ORDER BY r.chain_id, r.first_seq
            """
        ).rows
        for row in rows {
            let hash = Array(try row.decode(Data.self, at: 3))
            guard let head = AuditHead(logID: try row.decode(at: 4), sequence: try row.decode(at: 2), chainHash: hash)
            else { continue }
            runs[try row.decode(Int32.self, at: 0), default: []].append(Run(first: try row.decode(at: 1), last: head))
        }
    }

    func runs(of chain: Int32) -> [Run] { runs[chain] ?? [] }
    func months(of chain: Int32) -> [FleetRetirement] { months[chain] ?? [] }
}
