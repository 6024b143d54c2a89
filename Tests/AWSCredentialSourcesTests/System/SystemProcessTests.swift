import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AWSCredentialSources

/// Real child processes.
///
/// The tests of `ChildProcess` are about starting, reading and killing; these are about what the runner makes of it.
@Suite(.timeLimit(.minutes(10))) struct SystemProcessTests {
    private func run(
        _ command: String,
        environment: [String: String] = ["PATH": "/usr/bin:/bin"],
        limit: Duration = .seconds(60),
        outputLimit: Int = 1 << 20
    ) async throws -> ProcessResult {
        try await SystemProcessRunner()
            .run(ProcessRequest(command, environment: environment, limit: limit, outputLimit: outputLimit))
    }

    @Test("output and status come back, standard error does not")
    func plain() async throws {
        let result = try await run("echo out; echo err >&2; exit 3")
        #expect(result.exitStatus == 3)
        #expect(String(decoding: result.output, as: UTF8.self) == "out\n")
    }

    @Test("a shell's quoting, pipes and variables work")
    func shell() async throws {
        let result = try await run(
            "echo \"$GREETING\" | tr a-z A-Z",
            environment: ["PATH": "/usr/bin:/bin", "GREETING": "hi"]
        )
        #expect(String(decoding: result.output, as: UTF8.self) == "HI\n")
    }

    @Test("a signal counts as a status of 128 and more")
    func signal() async throws {
        let result = try await run("kill -9 $$")
        #expect(result.exitStatus == 137 && result.signal == 9)
    }

    @Test("a command that runs too long is killed")
    func hanging() async {
        await #expect(throws: ProcessRunnerError(.timedOut)) {
            try await run("sleep 30", limit: .milliseconds(300))
        }
    }

    @Test("a command that prints without end is killed")
    func endless() async {
        await #expect(throws: ProcessRunnerError(.tooMuchOutput)) {
            try await run("cat /dev/zero", outputLimit: 100_000)
        }
    }

    @Test("a NUL in the command or its environment starts nothing, rather than the part before it")
    func nul() async {
        await #expect(throws: ProcessRunnerError(.cannotStart)) { try await run("exit 0\0; exit 1") }
        await #expect(throws: ProcessRunnerError(.cannotStart)) { try await run("exit 0", environment: ["A": "b\0c"]) }
    }

    @Test("canceling the task kills the child process")
    func canceled() async throws {
        let directory = try TemporaryFolder()
        let mark = directory.path("mark")
        let task = Task { try await run("echo > '\(mark)'; exec sleep 1000", limit: .seconds(600)) }
        while !FileManager.default.fileExists(atPath: mark) { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("tasks go on while more child processes are waited for than there are cores")
    func othersGoOn() async throws {
        let directory = try TemporaryFolder()
        let done = Counter()
        let mark = directory.path("mark")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<ProcessInfo.processInfo.activeProcessorCount + 4 {
                group.addTask {
                    _ = try await run("while [ ! -e '\(mark)' ]; do sleep 0.05; done", limit: .seconds(600))
                    done.add()
                }
            }
            // Each of these needs one of the threads that tasks share; the child processes wait for them.
            for _ in 0..<100 { await Task.detached {}.value }
            #expect(done.value == 0)
            try Data().write(to: URL(fileURLWithPath: mark))
            try await group.waitForAll()
        }
    }

    @Test("a real credential_process provides credentials, and its secrets stay out of errors")
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

private final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .sequentiallyConsistent) }

    func add() { count.add(1, ordering: .sequentiallyConsistent) }
}
