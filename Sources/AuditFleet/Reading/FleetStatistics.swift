import LibpqClient
package import RDSIAMSystem
package import TokenAuditLog

extension Fleet {
    /// Counts what the fleet holds: per day, user, server, role and error, as for one log.
    ///
    /// - Parameters:
    ///   - since: From this moment on; `nil` from the beginning.
    ///   - until: Before this moment; `nil` to the end.
    ///   - host: Of this host alone; `nil` for all.
    ///   - progress: Is told now and then how many rows have been counted.
    /// - Throws: ``FleetError``: `notInstalled`, `notPermitted`; `PGError`.
    package func statistics(
        since: Date? = nil,
        until: Date? = nil,
        host: String? = nil,
        progress: (Int64) -> Void = { _ in }
    ) async throws -> AuditStatistics {
        var tally = StatisticsTally(since: since?.microseconds, until: until?.microseconds)
        // What could not be put by its time may lie in the period all the same.
        func moment(_ date: Date) -> String {
            "timestamptz '1970-01-01 00:00:00+00' + \(date.microseconds) * interval '1 microsecond'"
        }
        var period: [String] = []
        if let since { period.append("e.time >= \(moment(since))") }
        if let until { period.append("e.time < \(moment(until))") }
        var conditions: [String] = []
        if !period.isEmpty {
            conditions.append("(\(period.joined(separator: " AND ")) OR e.time < timestamptz '2015-01-01 00:00:00+00')")
        }
        if let host {
            let chains = try await hosts().filter { $0.host.isBytewiseEqual(to: host) }.map { "\($0.chainID)" }
            conditions.append("e.chain_id IN (\((chains + ["-1"]).joined(separator: ", ")))")
        }
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let sql = "SELECT e.seq, coalesce(e.raw, convert_to(e.payload, 'UTF8')) FROM audit_fleet.event e \(condition)"
        var count: Int64 = 0
        try await explaining(.reader) {
            try await connection.forEachRow(of: sql) { row in
                let payload = row[1].map { String(decoding: $0, as: UTF8.self) } ?? ""
                let sequence = row.integer(0) ?? 0
                tally.count(AuditEntry(sequence: sequence, payload: payload, leafHash: [], chainHash: []))
                count += 1
                if count.isMultiple(of: 50_000) { progress(count) }
            }
        }
        return tally.finished
    }
}
