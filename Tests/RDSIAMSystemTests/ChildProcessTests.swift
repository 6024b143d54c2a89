import Foundation
import RDSIAMBasics
import RDSIAMSystem
import Testing

@Suite("Child processes", .timeLimit(.minutes(2)))
struct ChildProcessTests {
    private func shell(
        _ command: String,
        environment: [String: String] = [:],
        limit: Duration = .seconds(60),
        outputLimit: Int = 1 << 20
    ) async throws -> ChildProcess.Result {
        try await ChildProcess.run(
            "/bin/sh",
            ["-c", command],
            environment: environment,
            limit: limit,
            outputLimit: outputLimit
        )
    }

    @Test("output, exit status and environment")
    func output() async throws {
        let result = try await shell("printf '%s' \"$WORD\"; exit 3", environment: ["WORD": "e\u{301}"])
        #expect(result.status == .exited(3))
        #expect(result.output == Array("e\u{301}".utf8))
    }

    @Test("a signal is told from an exit status")
    func signals() async throws {
        #expect(try await shell("kill -9 $$").status == .signaled(SIGKILL))
    }

    @Test("output that no pipe can hold is read while it is written")
    func largeOutput() async throws {
        let result = try await shell("head -c 500000 /dev/zero")
        #expect(result.output.count == 500_000)
    }

    @Test("a process that it leaves behind is not waited for")
    func leftBehind() async throws {
        let result = try await shell("sleep 100 & echo done")
        #expect(result.output == Array("done\n".utf8))
    }

    @Test("a limit of time or output ends it")
    func limits() async throws {
        await #expect(throws: ChildProcess.RunFailure.timedOut) {
            try await shell("sleep 100", limit: .milliseconds(50))
        }
        await #expect(throws: ChildProcess.RunFailure.tooMuchOutput) { try await shell("yes", outputLimit: 1000) }
    }

    @Test("a canceled run kills what it has started")
    func cancellation() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("child-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let task = Task {
            try await shell("echo $$ > '\(file)'; exec sleep 1000", environment: ["PATH": "/usr/bin:/bin"])
        }
        var identifier: pid_t?
        while identifier == nil {
            try await Task.sleep(for: .milliseconds(5))
            let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            if text.hasByteSuffix("\n") { identifier = pid_t(text.trimmingASCIISpace()) }
        }
        let child = try #require(identifier)
        #expect(kill(child, 0) == 0)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        // It is this process's own child, so nothing is left of it once it is waited for.
        while kill(child, 0) == 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(errno == ESRCH)
    }

    @Test("no descriptor but the three streams reaches it")
    func descriptors() async throws {
        let file = open("/dev/null", O_RDONLY)
        defer { close(file) }
        let result = try await shell("ls /proc/self/fd | wc -l")
        // The fourth is the directory that ls reads.
        #expect(String(decoding: result.output, as: UTF8.self).trimmingASCIISpace() == "4")
    }

    @Test("it cannot be started", arguments: [("/nowhere/program", ENOENT), ("/bin", EACCES), ("/bin/sh\0x", EINVAL)])
    func cannotStart(path: String, number: Int32) async throws {
        let error = try #require(
            await #expect(throws: ChildProcess.SystemFailure.self) {
                try await ChildProcess.run(path, [], environment: [:], limit: .seconds(1), outputLimit: 1)
            }
        )
        #expect(error.number == number)
    }

    @Test("a value that goes out of scope takes the process and its children along")
    func outOfScope() async throws {
        var text = ""
        do {
            let child = try ChildProcess("/bin/sh", ["-c", "sleep 100 & echo $!; wait"], environment: [:])
            while !text.contains("\n") {
                text += String(decoding: child.read(waiting: 1000) ?? [], as: UTF8.self)
            }
        }
        let grandchild = try #require(pid_t(text.trimmingASCIISpace()))
        // It is gone or, until its new parent has noticed, a zombie.
        while kill(grandchild, 0) == 0, try await !isZombie(grandchild) { try await Task.sleep(for: .milliseconds(5)) }
    }

    private func isZombie(_ identifier: pid_t) async throws -> Bool {
        let status = try await shell("cat /proc/\(identifier)/stat 2>/dev/null").output
        return String(decoding: status, as: UTF8.self).contains(") Z")
    }
}
