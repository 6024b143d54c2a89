import AWSCredentialSources
import Foundation
import Testing

/// Real child processes.
@Suite struct SystemProcessTests {
    private func run(
        _ command: String,
        environment: [String: String] = ["PATH": "/usr/bin:/bin"],
        limit: Duration = .seconds(20),
        outputLimit: Int = 1 << 20
    ) async throws -> ProcessResult {
        try await SystemProcessRunner().run(command, environment: environment, limit: limit, outputLimit: outputLimit)
    }

    @Test("output and status come back, standard error does not")
    func plain() async throws {
        let result = try await run("echo out; echo err >&2; exit 3")
        #expect(result.exitStatus == 3)
        #expect(String(decoding: result.output, as: UTF8.self) == "out\n")
    }

    @Test("far more output than a pipe holds comes back, on both streams")
    func muchOutput() async throws {
        let result = try await run("head -c 500000 /dev/zero; head -c 500000 /dev/zero >&2")
        #expect(result.output.count == 500_000)
    }

    @Test("a shell's quoting, pipes and variables work")
    func shell() async throws {
        let result = try await run(
            "echo \"$GREETING\" | tr a-z A-Z",
            environment: ["PATH": "/usr/bin:/bin", "GREETING": "hi"]
        )
        #expect(String(decoding: result.output, as: UTF8.self) == "HI\n")
    }

    #if canImport(Glibc) || canImport(Darwin)
    @Test("a child gets no descriptor but its three")
    func descriptors() async throws {
        let stray = open("/dev/null", O_RDONLY)
        defer { close(stray) }
        // The fourth is the folder that is listed.
        let result = try await run("ls -1 /proc/self/fd 2>/dev/null || ls -1 /dev/fd")
        #expect(String(decoding: result.output, as: UTF8.self).split(separator: "\n").count <= 4)
    }
    #endif

    @Test("standard input is empty")
    func input() async throws {
        #expect(try await run("cat").output.isEmpty)
    }

    @Test("a child that hangs is killed with its own children at the limit")
    func hanging() async throws {
        let folder = try TemporaryFolder()
        let mark = folder.path("mark")
        await #expect(throws: ProcessRunnerError.timedOut) {
            try await run("(sleep 3; touch '\(mark)') & sleep 30", limit: .milliseconds(300))
        }
        try await Task.sleep(for: .milliseconds(3_500))
        #expect(!FileManager.default.fileExists(atPath: mark))
    }

    @Test("a child that closes its output and hangs is killed too")
    func silent() async {
        await #expect(throws: ProcessRunnerError.timedOut) {
            try await run("exec >&-; sleep 30", limit: .milliseconds(300))
        }
    }

    @Test("children end when they end, though others that started at the same moment run on")
    func neighbours() async throws {
        let folder = try TemporaryFolder()
        let mark = folder.path("mark")
        let waiting = "while [ ! -e '\(mark)' ]; do sleep 0.05; done"
        let long = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 { group.addTask { _ = try await run(waiting) } }
                for _ in 0..<6 { group.addTask { try await Self.runByFoundation(waiting) } }
                try await group.waitForAll()
            }
        }
        let outputs = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<24 { group.addTask { try await run("echo x").output } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outputs == Array(repeating: Array("x\n".utf8), count: 24))
        try Data().write(to: URL(fileURLWithPath: mark))
        try await long.value
    }

    @Test("a process left behind that holds the output open is not waited for, and lives on")
    func leftBehind() async throws {
        let folder = try TemporaryFolder()
        let (mark, done) = (folder.path("mark"), folder.path("done"))
        let result = try await run(
            "(while [ ! -e '\(mark)' ]; do sleep 0.05; done; touch '\(done)') & echo given"
        )
        #expect(String(decoding: result.output, as: UTF8.self) == "given\n")
        #expect(!FileManager.default.fileExists(atPath: done))
        try Data().write(to: URL(fileURLWithPath: mark))
        for _ in 0..<200 where !FileManager.default.fileExists(atPath: done) {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(FileManager.default.fileExists(atPath: done))
    }

    @Test("a child that is killed leaves no zombie")
    func zombie() async throws {
        let folder = try TemporaryFolder()
        await #expect(throws: ProcessRunnerError.timedOut) {
            try await run("echo $$ > '\(folder.path("pid"))'; sleep 30", limit: .milliseconds(500))
        }
        let text = try String(contentsOfFile: folder.path("pid"), encoding: .utf8)
        let identifier = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(kill(identifier, 0) == -1)
    }

    @Test("a child's signals end it, though this process ignores them, as servers do")
    func signals() async throws {
        _ = Foundation.signal(SIGPIPE, SIG_IGN)
        let result = try await run("kill -PIPE $$; echo ignored")
        #expect(result.exitStatus == 128 + SIGPIPE)
        #expect(result.output.isEmpty)
    }

    private static func runByFoundation(_ command: String) async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.standardOutput = FileHandle.nullDevice
        await withCheckedContinuation { continuation in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume() }
        }
    }

    @Test("a child that writes without end is killed")
    func endless() async {
        await #expect(throws: ProcessRunnerError.tooMuchOutput) { try await run("cat /dev/zero", outputLimit: 100_000) }
    }

    @Test("cancelling the task kills the child")
    func cancelled() async {
        let task = Task { try await run("sleep 30") }
        try? await Task.sleep(for: .milliseconds(200))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("a signal counts as a status of 128 and more")
    func signal() async throws {
        #expect(try await run("kill -9 $$").exitStatus == 137)
    }

    @Test("a real credential_process hands out credentials, and its secrets stay out of errors")
    func credentials() async throws {
        var context = CredentialContext.test(["PATH": "/usr/bin:/bin", "GIVEN": "hidden"])
        context.processes = SystemProcessRunner()
        let good = ProcessCredentialSource(
            #"echo 'hidden-stderr' >&2; printf '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"%s"}' "$GIVEN""#,
            context: context
        )
        #expect(try await good.credentials().secretAccessKey == "hidden")
        for command in ["echo hidden-output; exit 1", "echo hidden-output", "hidden-command", "kill -9 $$ # hidden"] {
            let error = await #expect(throws: AWSCredentialError.self) {
                try await ProcessCredentialSource(command, context: context).credentials()
            }
            #expect("\(String(describing: error))".contains("hidden") == false)
        }
    }
}
