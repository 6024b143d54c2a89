import TokenAuditLog

/// Fills a log up, and measures appends one by one and shared along the way.
struct FillBench {
    let path: String
    let rows: Int64

    func run() async throws {
        var configuration = AuditLogConfiguration()
        configuration.timeLimit = .seconds(60)
        let log = try await AuditLog.open(path, configuration: configuration)
        let reader = try await AuditLogReader.open(path)
        let step: Int64 = 500_000
        while true {
            let held = try await reader.head().sequence
            let single = try await seconds { try await Workload.record(200, in: 1, to: log, from: Int(held)) }
            print("\(held) rows: single \(fixed(single / 200 * 1e6, 1)) us", terminator: "")
            guard held < rows else { break }
            let count = Int(min(step, rows - held))
            let shared = try await seconds {
                try await Workload.record(count, in: 1000, to: log, from: Int(held) + 200)
            }
            print(", shared by 1000: \(fixed(Double(count) / shared, 0))/s")
        }
        print()
        await log.close()
    }
}
