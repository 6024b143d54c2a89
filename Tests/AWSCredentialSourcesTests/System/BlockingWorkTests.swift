import AWSCredentialSources
import Foundation
import Synchronization
import Testing

/// Waiting for the operating system holds up nobody else, and not for ever.
@Suite struct BlockingWorkTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("tasks go on while more children are waited for than there are cores")
    func othersGoOn() async throws {
        let done = Counter()
        let mark = folder.path("mark")
        let waiting = (0..<ProcessInfo.processInfo.activeProcessorCount + 4).map { _ in
            Task {
                let command = "while [ ! -e '\(mark)' ]; do sleep 0.05; done"
                let runner = SystemProcessRunner()
                _ = try? await runner.run(command, environment: [:], limit: .seconds(60), outputLimit: 1)
                done.add()
            }
        }
        // Each of these needs a thread of those that tasks share; the children wait for them.
        for _ in 0..<100 { await Task.detached {}.value }
        #expect(done.value == 0)
        try Data().write(to: URL(fileURLWithPath: mark))
        for task in waiting { await task.value }
    }

    @Test("a task that is cancelled stops waiting for a file")
    func cancelled() async throws {
        #expect(mkfifo(folder.path("p"), 0o600) == 0)
        let silent = folder.path("p")
        let task = Task { try await SystemFileStore().contents(of: silent) }
        task.cancel()
        // Without the cancellation it would be the error about silence.
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func add() { count.withLock { $0 += 1 } }
}
