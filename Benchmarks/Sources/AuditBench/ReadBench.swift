import AuthTokens
import Foundation
import Synchronization
import TokenAuditLog

/// Reading a large log.
struct ReadBench {
    let path: String

    func query() async throws {
        let reader = try await AuditLogReader.open(path)
        let newest = try await reader.page(limit: 1).entries
        // Ten minutes before the newest.
        var early = AuditFilter()
        early.until = newest.first?.record.map { $0.time - 600 }
        let sample = try await reader.page(matching: early, limit: 1).entries.first?.record
        var filters: [(String, AuditFilter)] = [("all", AuditFilter())]
        func add(_ name: String, _ change: (inout AuditFilter) -> Void) {
            var filter = AuditFilter()
            change(&filter)
            filters.append((name, filter))
        }
        add("user") { $0.user = "application_7" }
        add("host") { $0.host = "cluster-7.c1a2b3c4d5e6.eu-central-1.rds.amazonaws.com" }
        add("user and host") {
            $0.user = "application_7"
            $0.host = "cluster-7.c1a2b3c4d5e6.eu-central-1.rds.amazonaws.com"
        }
        add("unknown user") { $0.user = "nobody" }
        add("unknown host") { $0.host = "nowhere" }
        add("unknown fingerprint") { $0.fingerprint = String(repeating: "0", count: 64) }
        // Only the log's first row is about this one.
        let first = try await reader.page(limit: 1, after: AuditCursor("3")).entries.first?.record
        add("rare fingerprint") { $0.fingerprint = first?.token?.fingerprint }
        add("fingerprint") { $0.fingerprint = sample?.token?.fingerprint }
        add("until") { $0.until = sample?.time }
        add("generator") { $0.generator = "default" }
        print("\(newest.first?.sequence ?? 0) rows")
        for (name, filter) in filters { try await measure(name, filter, reader) }
    }

    private func measure(_ name: String, _ filter: AuditFilter, _ reader: AuditLogReader) async throws {
        var times: [Double] = []
        var found = 0
        for _ in 0..<20 {
            let cost = try await Cost.each(of: 1) { found = try await reader.page(matching: filter).entries.count }
            times.append(cost.seconds)
        }
        let worst = times.max() ?? 0
        print(
            "newest 50 by \(name): \(found) found, \(fixed((times.min() ?? 0) * 1e3)) ms best, \(fixed(worst * 1e3)) ms worst"
        )
    }

    func verify(times: Int = 3) async throws {
        let reader = try await AuditLogReader.open(path)
        for _ in 0..<times {
            var report: AuditVerification?
            let cost = try await Cost.each(of: 1) { report = try await reader.verify() }
            let rows = report?.rows ?? 0
            print("verified \(rows) rows, intact: \(report?.isIntact ?? false), \(speed(rows, cost)), \(memory)")
        }
    }

    func export() async throws {
        let reader = try await AuditLogReader.open(path)
        for format in [AuditExportFormat.jsonLines, .csv, .ocsf] {
            let bytes = Counter()
            var rows: Int64 = 0
            let cost = try await Cost.each(of: 1) {
                rows = try await reader.export(format) { bytes.add($0.count) }.rows
            }
            print("\(format.rawValue): \(rows) rows, \(bytes.value) bytes, \(speed(rows, cost)), \(memory)")
        }
    }

    private func speed(_ rows: Int64, _ cost: Cost) -> String {
        "\(fixed(Double(rows) / cost.seconds, 0)) rows/s, \(fixed(cost.cpu / Double(rows) * 1e6)) us CPU a row"
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)
        func add(_ more: Int) { count.withLock { $0 += more } }
        var value: Int { count.withLock { $0 } }
    }

    /// The process's peak resident memory, as the kernel says.
    private var memory: String {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
        return "peak memory " + (line?.split(separator: " ").dropFirst().joined(separator: " ") ?? "unknown")
    }
}
