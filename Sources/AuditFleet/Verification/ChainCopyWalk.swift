import LibpqClient
import RDSIAMSystem
import TokenAuditLog

/// A walk along the rows that the fleet has of one log.
struct ChainCopyWalk {
    /// A row that did not fit when it arrived, or rows that never came, as was accepted.
    private struct Exception {
        let sequence: Int64
        let payload: [UInt8]
        let leaf: [UInt8]?
        let chain: [UInt8]
        /// The row that came instead of those that are missing; `nil` if none are.
        let next: Int64?
        let words: String

        var last: Int64 { next.map { $0 &- 1 } ?? sequence }
    }

    private let host: FleetHost
    private var verifier: CopyVerifier
    private var runs: ArraySlice<Retirements.Run>
    private let retirements: [FleetRetirement]
    private var exceptions: ArraySlice<Exception> = []
    private var retiredRows: Int64 = 0
    private var problems: [FleetVerification.Problem] = []
    private var rows: Int64 = 0

    private static let mostProblems = 1000

    init(
        _ host: FleetHost,
        _ retirements: Retirements,
        heads: [AuditHead],
        keys: [AuditVerificationKey]
    ) throws {
        self.host = host
        runs = retirements.runs(of: host.chainID)[...]
        self.retirements = retirements.months(of: host.chainID)
        let own = heads.filter { $0.logID.isBytewiseEqual(to: host.logID) }
        // Rows must not be gone from the end.
        let cursor = host.headHash.flatMap {
            AuditHead(logID: host.logID, sequence: host.newestRow, chainHash: $0)
        }
        guard let origin = AuditHead(logID: host.logID, sequence: host.beginsAfter, chainHash: host.beginHash) else {
            throw FleetError(.invalidArgument, "The chain of log \(host.logID) has no beginning. Restore the database.")
        }
        verifier = try CopyVerifier(after: origin, heads: own, cursor: cursor, keys: keys)
    }

    /// Walks along all rows.
    mutating func run(over connection: PGConnection, progress: (Int64) -> Void) async throws {
        exceptions = try await connection.query(
            """
            SELECT seq, arrived_payload, arrived_leaf, arrived_chain,
                CASE kind WHEN 'rows-missing' THEN arrived_seq END,
                format('Finding %s, accepted by %s at %s: %s', id, acknowledged_by,
                    to_char(acknowledged AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), reason)
            FROM audit_fleet.finding
            WHERE log_id = $1 AND acknowledged IS NOT NULL
                AND kind IN ('payload-altered', 'chain-broken', 'rows-missing')
            ORDER BY seq, id
            """,
            host.logID
        ).rows.map { row in
            Exception(
                sequence: try row.decode(at: 0),
                payload: try row.decodeIfPresent(Data.self, at: 1).map(Array.init) ?? [],
                leaf: try row.decodeIfPresent(Data.self, at: 2).map(Array.init),
                chain: try row.decodeIfPresent(Data.self, at: 3).map(Array.init) ?? [],
                next: try row.decodeIfPresent(at: 4),
                words: try row.decode(at: 5)
            )
        }[...]
        let query = """
            SELECT seq, chain_hash, payload, raw, (extract(epoch FROM time) * 1000000)::bigint, db_user
            FROM audit_fleet.event WHERE chain_id = \(host.chainID) ORDER BY chain_id, seq
            """
        try await connection.forEachRow(of: query) { row in
            visit(row)
            rows += 1
            if rows.isMultiple(of: 50_000) { progress(rows) }
        }
        skip(before: .max)
    }

    private mutating func visit(_ row: CopiedRows.Row) {
        guard let sequence = row.integer(0), let chain = row[1], let payload = row[2] ?? row[3] else { return }
        skip(before: sequence)
        if sequence > host.newestRow { add("rows-surplus", sequence, "The row is beyond the last that has arrived.") }
        let hints = verifier.visit(sequence, payload: payload, chain: chain)
        compareColumns(sequence, payload, hints, time: row.integer(4), user: row[5])
    }

    /// Goes over what is not in the table for a reason.
    private mutating func skip(before sequence: Int64) {
        while true {
            let next = verifier.position &+ 1
            while let run = runs.first, run.last.sequence < next { runs.removeFirst() }
            while let exception = exceptions.first, exception.sequence < next { exceptions.removeFirst() }
            if next < sequence, let run = runs.first, run.first == next {
                retiredRows += run.last.sequence &- run.first &+ 1
                verifier.skip(to: run.last)
            } else if let exception = exceptions.first, exception.sequence == next, exception.last < sequence {
                pass(exception)
            } else {
                return
            }
        }
    }

    private mutating func pass(_ exception: Exception) {
        guard exception.next == nil else {
            return verifier.skipGap(through: exception.last, acceptance: exception.words)
        }
        exception.payload.withUnsafeBytes { payload in
            exception.chain.withUnsafeBytes { chain in
                _ = verifier.visit(
                    exception.sequence,
                    payload: payload,
                    leaf: exception.leaf,
                    chain: chain,
                    acceptance: exception.words
                )
            }
        }
    }

    /// Finds columns that lead searches past the row: no hash covers them.
    private mutating func compareColumns(
        _ sequence: Int64,
        _ payload: UnsafeRawBufferPointer,
        _ hints: RowHints,
        time: Int64?,
        user: UnsafeRawBufferPointer?
    ) {
        let isSameUser = hints.hasSameUser(user, inCharacters: 200)
        // A row whose time cannot be is at the beginning of 1970.
        let isSameTime = time == 0 || time == hints.time
        if isSameUser && isSameTime { return }
        let record = AuditEntry(
            sequence: sequence,
            payload: String(decoding: payload, as: UTF8.self),
            leafHash: [],
            chainHash: []
        ).record
        // The columns of a payload that is not canonical lead nowhere.
        guard let record, !(record.target?.user.utf8.contains(0) ?? false) else { return }
        if !isSameUser || !isSameTime {
            add("column-altered", sequence, "The row's columns do not say what its payload says: searches miss it.")
        }
    }

    private mutating func add(_ kind: String, _ sequence: Int64, _ message: String) {
        guard problems.count < Self.mostProblems else { return }
        problems.append(FleetVerification.Problem(kind: kind, sequence: sequence, message: message))
    }

    var finished: FleetVerification.Chain {
        FleetVerification.Chain(
            host: host,
            verification: verifier.report(),
            retiredRows: retiredRows,
            retirements: retirements,
            problems: problems
        )
    }
}
