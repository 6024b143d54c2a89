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
        var context = CredentialContext.test(["PATH": "/usr/bin:/bin"])
        context.processes = SystemProcessRunner()
        let good = ProcessCredentialSource(
            #"echo 'hidden-stderr' >&2; printf '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"%s"}' hidden"#,
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
