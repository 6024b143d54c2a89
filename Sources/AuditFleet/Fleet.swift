public import LibpqClient
import RDSIAMSystem

/// The audit logs of many hosts in one PostgreSQL database.
///
/// ```swift
/// let fleet = Fleet(try await RDSIAM.connect("host=audit.example.com user=auditor dbname=fleet"))
/// let verification = try await fleet.verify(heads: heads)
/// ```
///
/// A ``LogShipper`` brings the rows. Each chain is checked when they arrive, by the database, and again by
/// ``verify(heads:keys:progress:)``, which trusts the database with nothing but the bytes.
///
/// A call sets the connection's `search_path` to `pg_catalog`.
public struct Fleet: Sendable {
    /// The connection, as a user who has the role that a call needs.
    package let connection: PGConnection

    /// Uses a connection to the fleet's database.
    public init(_ connection: PGConnection) { self.connection = connection }

    func explaining<Value>(_ role: FleetRole, _ body: () async throws -> Value) async throws -> Value {
        try await FleetError.explaining(connection, role, body)
    }

    /// Makes the schema `audit_fleet` with its roles, or brings it up to date: partitions for this month and the next,
    /// and indexes for the months that are over.
    ///
    /// It takes no extension and no superuser, but a user who may create the schema, and roles if there are none yet.
    /// Run it as the owner once a month; without it, the first row of a month makes its partition.
    ///
    /// - Returns: Whether the schema is new.
    /// - Throws: ``FleetError``: `newerSchema`, `unsuitableDatabase`; `PGError`.
    @discardableResult
    public func install() async throws -> Bool {
        let encoding = try await connection.parameterStatus("server_encoding")
        guard encoding == "UTF8" else {
            let message = "The database is in \(encoding ?? "another encoding"), not in UTF8. Create one with UTF8."
            throw FleetError(.unsuitableDatabase, message)
        }
        return try await explaining(.installer) {
            do {
                return try await makeOrMaintain()
            } catch let error as PGError where ["23505", "42P06"].contains(error.sqlState) {
                // Another has made the schema at the same moment.
                return try await makeOrMaintain()
            }
        }
    }

    private func makeOrMaintain() async throws -> Bool {
        try await connection.transaction {
            let isNew = try await connection.query("SELECT to_regclass('audit_fleet.meta') IS NULL").rows[0]
                .decode(Bool.self, at: 0)
            if isNew { _ = try await connection.execute(FleetSchema.statements) } else { try await checkVersion() }
            _ = try await connection.execute("SET LOCAL client_min_messages = warning; SELECT audit_fleet.maintain()")
            return isNew
        }
    }

    /// - Throws: ``FleetError`` `newerSchema`, `unsuitableDatabase`.
    private func checkVersion() async throws {
        let rows = try await connection.query("SELECT value FROM audit_fleet.meta WHERE key = 'schema_version'").rows
        let version = try rows.first?.decode(String.self, at: 0) ?? "none"
        guard version != FleetSchema.version else { return }
        let message = "The fleet's schema has version \(version), and this program knows \(FleetSchema.version)."
        // No version that was released has made a schema that this one does not know.
        if let number = Int(version), number < Int(FleetSchema.version) ?? 0 {
            let advice = "A version that was never released has made it. Make the fleet in another database."
            throw FleetError(.unsuitableDatabase, "\(message) \(advice)")
        }
        throw FleetError(.newerSchema, "\(message) Use a newer rds-iam.")
    }

    /// Takes a month that is over out of the fleet: a partition that stands alone afterwards, to be stored elsewhere or
    /// dropped by its owner.
    ///
    /// A prune point stays for each chain: how far the rows went, and the hash that the next row must follow from, so
    /// that the rest verifies. The user needs the role `audit_fleet_retention`.
    ///
    /// - Parameter month: A day of the month, such as `2026-10-01`.
    /// - Returns: The partition that was taken out.
    /// - Throws: ``FleetError``: `invalidArgument` if the month is not over or has no rows; `notPermitted`; `PGError`,
    ///   which is retryable if others have read for more than five seconds.
    package func retire(month: String) async throws -> RetiredPartition {
        try await explaining(.retention) {
            let row = try await connection.query("SELECT name, rows FROM audit_fleet.retire($1::date)", month).rows[0]
            return RetiredPartition(name: try row.decode(at: 0), rows: try row.decode(at: 1))
        }
    }

    /// Accepts a finding once people know why, and lets the chain go on if the finding has stopped it.
    ///
    /// A row that does not follow, or rows that never came, are a remark of later verifications then.
    ///
    /// - Parameters:
    ///   - finding: The finding's number.
    ///   - reason: Why it is accepted; it stays with the finding.
    /// - Throws: ``FleetError``: `invalidArgument` if there is no such open finding; `notPermitted`.
    public func resume(finding: Int64, reason: String) async throws {
        try await explaining(.owner) {
            _ = try await connection.query("SELECT audit_fleet.resume($1, $2)", finding, reason)
        }
    }
}

/// A month that was taken out of the fleet.
package struct RetiredPartition: Sendable, Hashable {
    /// The table that holds its rows now, in the schema `audit_fleet`.
    package let name: String
    /// How many rows it has.
    package let rows: Int64
}
