import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Processes that are killed", .timeLimit(.minutes(10)))
struct KillTests {
    @Test("no acknowledged row of four writers on one file is lost, with three hundred kills")
    func kills() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        var acknowledged: Set<String> = []
        for round in 0..<75 {
            let writers = try (0..<4).map { number in
                let name = "\(round)-\(number)"
                return try WriterProcess(log: path, user: name, count: 1_000_000, tasks: 2, output: folder.path(name))
            }
            try await waitForFirstEvent(of: writers)
            try await Task.sleep(for: .microseconds(Int.random(in: 0...40_000)))
            for writer in writers.shuffled() { writer.kill() }
            for writer in writers { acknowledged.formUnion(try writer.acknowledged()) }
        }
        // A new writer recovers the file after the last kills.
        try await Logs.write(1, to: path)
        let entries = try await Logs.entries(of: path)
        let stored = Set(entries.compactMap { $0.record?.id })
        #expect(acknowledged.count > 75)
        #expect(acknowledged.subtracting(stored).isEmpty)
        #expect(entries.map(\.sequence) == Array(1...Int64(entries.count)))
        #expect(try await Logs.verification(of: path).findings == [])
        #expect(try await OtherVerifier.verify(path).status == 0)
    }

    private func waitForFirstEvent(of writers: [WriterProcess]) async throws {
        while try !writers.contains(where: { try !$0.acknowledged().isEmpty }) {
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

@Suite("Many processes", .timeLimit(.minutes(10)))
struct ManyProcessesTests {
    @Test("eight processes with a thousand events each store all in one chain")
    func eight() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        let writer = try Repository.built("audit-writer")
        let results = try await withThrowingTaskGroup(of: CommandResult.self) { group in
            for number in 0..<8 {
                group.addTask {
                    try await ChildProcess.run(writer, [path, "user\(number)", "1000", "50"], timeLimit: .seconds(500))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.map(\.status) == Array(repeating: 0, count: 8))
        let said = Set(results.flatMap(\.lines))
        let entries = try await Logs.entries(of: path)
        let stored = Set(entries.compactMap(\.record).filter { $0.activity == .issue }.map(\.id))
        #expect(said.count == 8000)
        #expect(stored == said)
        #expect(entries.map(\.sequence) == Array(1...Int64(entries.count)))
        #expect(try await Logs.verification(of: path).findings == [])
    }
}
