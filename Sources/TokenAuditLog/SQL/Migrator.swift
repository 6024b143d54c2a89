import AuthTokens
import RDSIAMSystem

/// Brings a file to the schema this version knows, or says why it cannot.
struct Migrator {
    var migrations = Schema.migrations

    private var newest: Int64 { migrations.last?.version ?? 0 }

    /// Makes a log of an empty file, or an older log newer.
    ///
    /// Several processes may do so at once: one does, the others wait.
    func migrate(_ connection: Connection, at time: Date) throws {
        while try connection.writing({ try takeStep(connection, at: time) }) {}
    }

    /// Whether there was a step to take.
    private func takeStep(_ connection: Connection, at time: Date) throws -> Bool {
        let version = try check(connection, mayBeEmpty: true)
        guard let step = migrations.first(where: { $0.version > version }) else { return false }
        try connection.execute(step.statements)
        try connection.execute(Queries.setVersion(step.version))
        guard version == 0 else { return true }
        try connection.execute(Queries.setApplicationID)
        let insert = try connection.prepare(Queries.insertLogID)
        try insert.bind(EventID.make(at: time), at: 1)
        try connection.store(insert)
        return true
    }

    /// The version of the log's schema; 0 for an empty file.
    ///
    /// - Throws: `notAnAuditLog`, `newerSchema`.
    @discardableResult
    func check(_ connection: Connection, mayBeEmpty: Bool = false) throws -> Int64 {
        let application = try connection.integer(Queries.applicationID) ?? 0
        let version = try connection.integer(Queries.schemaVersion) ?? 0
        let tables = try connection.integer(Queries.objectCount) ?? 0
        if mayBeEmpty && application == 0 && version == 0 && tables == 0 { return 0 }
        guard application == Schema.applicationID, version > 0 else {
            throw AuditLogError(
                .notAnAuditLog,
                "The file is not an audit log. Choose another path.",
                path: connection.path
            )
        }
        guard version <= newest else {
            throw AuditLogError(
                .newerSchema,
                "The audit log has schema \(version); this program knows up to \(newest). Use a newer version of it.",
                path: connection.path
            )
        }
        return version
    }
}
