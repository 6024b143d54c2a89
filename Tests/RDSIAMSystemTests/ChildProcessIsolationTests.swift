import Foundation
import RDSIAMBasics
import RDSIAMSystem
import Testing

/// What a child process gets of this process, and what is left of it.
@Suite("Isolation of child processes", .timeLimit(.minutes(2)))
struct ChildProcessIsolationTests {
    private let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("child-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    private func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

    private func shell(_ command: String, limit: Duration = .seconds(60)) async throws -> ChildProcess.Result {
        try await ChildProcess.run(
            "/bin/sh",
            ["-c", command],
            environment: ["PATH": "/usr/bin:/bin"],
            limit: limit,
            outputLimit: 1 << 20
        )
    }

    private func remove() { try? FileManager.default.removeItem(at: directory) }

    @Test("standard input is empty")
    func input() async throws {
        defer { remove() }
        #expect(try await shell("cat").output.isEmpty)
    }

    @Test("more than a pipe holds on standard error stops nothing and is dropped")
    func standardError() async throws {
        defer { remove() }
        let result = try await shell("head -c 500000 /dev/zero >&2; echo out")
        #expect(result.output == Array("out\n".utf8))
    }

    @Test("a child process that closes its output and hangs is killed at the limit")
    func silent() async {
        defer { remove() }
        await #expect(throws: ChildProcess.RunFailure.timedOut) {
            try await shell("exec >&-; sleep 1000", limit: .milliseconds(300))
        }
    }

    @Test("at the limit it is killed together with its own child processes, and leaves no zombie")
    func killed() async throws {
        defer { remove() }
        let file = path("pids")
        var identifiers: [pid_t] = []
        var limit = Duration.seconds(1)
        // A busy machine may not have run the first line before the limit.
        while identifiers.count < 2 {
            await #expect(throws: ChildProcess.RunFailure.timedOut) {
                try await shell("sleep 1000 & echo $$ $! > '\(file)'; wait", limit: limit)
            }
            let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            identifiers = text.splitBytes(separator: " ").compactMap { pid_t($0.trimmingASCIISpace()) }
            limit *= 2
        }
        let child = try #require(identifiers.first)
        // Nothing is left of it once it is waited for, not even a zombie.
        while kill(child, 0) == 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(errno == ESRCH)
        let grandchild = try #require(identifiers.last)
        // It is gone or, until its new parent has noticed, a zombie.
        while kill(grandchild, 0) == 0, try await !isZombie(grandchild) { try await Task.sleep(for: .milliseconds(5)) }
    }

    private func isZombie(_ identifier: pid_t) async throws -> Bool {
        let status = try await shell("cat /proc/\(identifier)/stat 2>/dev/null").output
        return String(decoding: status, as: UTF8.self).contains(") Z")
    }

    @Test("a process left behind that holds the output open is not waited for, and lives on")
    func leftBehind() async throws {
        defer { remove() }
        let (mark, done) = (path("mark"), path("done"))
        let result = try await shell(
            "(while [ ! -e '\(mark)' ]; do sleep 0.05; done; touch '\(done)') & echo given"
        )
        #expect(result.output == Array("given\n".utf8))
        #expect(!FileManager.default.fileExists(atPath: done))
        try Data().write(to: URL(fileURLWithPath: mark))
        while !FileManager.default.fileExists(atPath: done) { try await Task.sleep(for: .milliseconds(10)) }
    }

    @Test("signals end it, though this process ignores them, as servers do")
    func signals() async throws {
        defer { remove() }
        _ = Foundation.signal(SIGPIPE, SIG_IGN)
        let result = try await shell("kill -PIPE $$; echo ignored")
        #expect(result.status == .signaled(SIGPIPE))
        #expect(result.output.isEmpty)
    }

    @Test("child processes end when they end, though others that started at the same moment run on")
    func neighbors() async throws {
        defer { remove() }
        let mark = path("mark")
        let waiting = "while [ ! -e '\(mark)' ]; do sleep 0.05; done"
        let long = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 { group.addTask { _ = try await shell(waiting) } }
                for _ in 0..<6 { group.addTask { await Self.runByFoundation(waiting) } }
                try await group.waitForAll()
            }
        }
        let outputs = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<24 { group.addTask { try await shell("echo x").output } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outputs == Array(repeating: Array("x\n".utf8), count: 24))
        try Data().write(to: URL(fileURLWithPath: mark))
        try await long.value
    }

    private static func runByFoundation(_ command: String) async {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.standardOutput = FileHandle.nullDevice
        await withCheckedContinuation { continuation in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume() }
        }
    }
}
