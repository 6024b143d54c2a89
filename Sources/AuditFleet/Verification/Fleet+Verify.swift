import LibpqClient
import RDSIAMSystem
public import TokenAuditLog

extension Fleet {
    /// Walks along every chain again, and reports all that is wrong, the open findings among it.
    ///
    /// The database is trusted with nothing but the bytes: this process hashes them. A head that was kept elsewhere is
    /// what tells of a fleet that was rewritten as a whole. Rows that were retired, and what
    /// ``resume(finding:reason:)`` has accepted, are not wrong; the verification names them.
    ///
    /// - Parameters:
    ///   - heads: Heads that were kept elsewhere, of any of the logs.
    ///   - keys: Keys of which one must have signed each checkpoint; none if signatures do not matter.
    ///   - progress: Is told now and then how many rows have been walked.
    /// - Throws: ``FleetError``: `notInstalled`, `notPermitted`; `PGError`.
    public func verify(
        heads: [AuditHead] = [],
        keys: [AuditVerificationKey] = [],
        progress: (Int64) -> Void = { _ in }
    ) async throws -> FleetVerification {
        try await explaining(.reader) {
            // One snapshot: what is shipped after its start does not count.
            try await connection.transaction(PGTransactionOptions(isolation: .repeatableRead, isReadOnly: true)) {
                // Locked before the snapshot is taken: a month that is retired after that is still there.
                _ = try await connection.execute(
                    """
                    LOCK TABLE ONLY audit_fleet.event IN ACCESS SHARE MODE;
                    SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off
                    """
                )
                var verification = FleetVerification()
                let hosts = try await connection.query(FleetHost.query).rows.map(FleetHost.init)
                let retirements = try await Retirements(connection)
                var open = Dictionary(grouping: try await findings()) { ByteText($0.logID) }
                var walked: Int64 = 0
                for host in hosts {
                    var walk = try ChainCopyWalk(host, retirements, heads: heads, keys: keys)
                    try await walk.run(over: connection) { progress(walked + $0) }
                    var chain = walk.finished
                    let findings = open.removeValue(forKey: ByteText(host.logID)) ?? []
                    chain.problems += findings.map(FleetVerification.Problem.init)
                    walked += chain.verification.rows
                    verification.chains.append(chain)
                }
                verification.problems = try await problems(hosts, heads)
                // A finding stays when its log is gone.
                verification.problems += open.values.joined().map(FleetVerification.Problem.init)
                return verification
            }
        }
    }

    private func problems(_ hosts: [FleetHost], _ heads: [AuditHead]) async throws -> [FleetVerification.Problem] {
        let partitions = try await connection.query(Self.partitionProblems).rows
        let strangers = try await connection.query(Self.unknownChains).rows
        let foreign = heads.filter { head in !hosts.contains { $0.logID.isBytewiseEqual(to: head.logID) } }
        return try partitions.map { row in
            FleetVerification.Problem(kind: try row.decode(at: 0), sequence: 0, message: try row.decode(at: 1))
        }
            + strangers.map { row in
                let message =
                    "There are rows of the chain number \(try row.decode(Int32.self, at: 0)), which no log has."
                return FleetVerification.Problem(kind: "chain-unknown", sequence: 0, message: message)
            }
            + foreign.map { head in
                let message = "A head kept elsewhere is of log \(head.logID), of which the fleet has nothing."
                return FleetVerification.Problem(kind: "foreign-head", sequence: head.sequence, message: message)
            }
    }

    private static let partitionProblems = """
        WITH attached AS (
            SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'audit_fleet.event'::regclass
        )
        SELECT 'partition-missing', format('The partition %s is missing, and nothing says that it was retired.', p.name)
        FROM audit_fleet.partition p
        WHERE p.retired IS NULL AND NOT EXISTS (SELECT FROM attached a WHERE a.name = p.name)
        UNION ALL
        SELECT 'partition-unknown', format('The partition %s was not made by the fleet.', a.name)
        FROM attached a
        WHERE NOT EXISTS (SELECT FROM audit_fleet.partition p WHERE p.name = a.name AND p.retired IS NULL)
        """

    /// Chains by their numbers, each found by one look into the index.
    private static let unknownChains = """
        WITH RECURSIVE found AS (
            SELECT min(chain_id) AS id FROM audit_fleet.event
            UNION ALL
            SELECT (SELECT min(e.chain_id) FROM audit_fleet.event e WHERE e.chain_id > f.id) FROM found f
            WHERE f.id IS NOT NULL
        )
        SELECT id FROM found f
        WHERE id IS NOT NULL AND NOT EXISTS (SELECT FROM audit_fleet.chain c WHERE c.id = f.id) ORDER BY id
        """
}
