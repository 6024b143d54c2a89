import LibpqClient
import RDSIAMHashing
package import TokenAuditLog

/// What the fleet knows of one token, and which hosts know it.
package struct FleetTrace: Sendable, Hashable {
    /// What is known of it, as of one log.
    package let trace: AuditTokenTrace
    /// The same events with their hosts, newest first.
    package let entries: [FleetEntry]
}

extension Fleet {
    /// Looks up every token that stands in a text, in all logs of the fleet.
    ///
    /// - Parameter text: The text, which is not stored, and of which only hashes are sent.
    /// - Returns: What the fleet knows of each token that it knows, in the order in which they stand in the text.
    /// - Throws: ``FleetError``: `notInstalled`, `notPermitted`; `PGError`.
    package func traces(in text: String) async throws -> [FleetTrace] {
        var traces: [FleetTrace] = []
        for candidate in TokenText.candidates(in: text) {
            let trace = try await trace(fingerprint: SHA256Digest.hash(candidate).hexadecimal)
            if trace.trace.isKnown { traces.append(trace) }
        }
        return traces
    }

    /// Looks a token up by its fingerprint, as `sha256sum` prints it, in all logs of the fleet.
    ///
    /// - Throws: ``FleetError``: `notInstalled`, `notPermitted`; `PGError`.
    package func trace(fingerprint: String) async throws -> FleetTrace {
        let fingerprint = fingerprint.asciiLowercased()
        // The expression has an index in the months that are over.
        let sql = """
            SELECT \(FleetEntry.columns) FROM audit_fleet.event e JOIN audit_fleet.chain c ON c.id = e.chain_id
            WHERE substr(e.payload, nullif(strpos(e.payload, '"sha256":"'), 0) + 10, 16) = $1
                AND strpos(e.payload, $2) > 0
            ORDER BY e.time DESC, e.chain_id DESC, e.seq DESC LIMIT \(AuditTokenTrace.most + 1)
            """
        let rows = try await explaining(.reader) {
            try await connection.query(sql, String(fingerprint.prefix(16)), "\"sha256\":\"\(fingerprint)\"").rows
                .map(FleetEntry.init)
        }
        let entries = Array(rows.prefix(AuditTokenTrace.most))
        let trace = AuditTokenTrace(
            fingerprint: fingerprint,
            entries: entries.map(\.entry),
            isAbridged: rows.count > entries.count
        )
        return FleetTrace(trace: trace, entries: entries)
    }
}
