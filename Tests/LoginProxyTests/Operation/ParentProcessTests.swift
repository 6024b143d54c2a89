#if Proxy
import RDSIAMSystem
import Synchronization
import TestSupport
import Testing

@testable import LoginProxy

@Suite("The process that started the proxy", .timeLimit(.minutes(1)))
struct ParentProcessTests {
    @Test("The wait ends when the parent's number changes, and not before")
    func end() async throws {
        let parent = Atomic<Int32>(42)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let process = ParentProcess(current: { parent.load(ordering: .relaxed) })
            let ended = Mutex(false)
            group.addTask {
                try await process.end()
                ended.withLock { $0 = true }
            }
            try await Task.sleep(for: .milliseconds(300))
            #expect(ended.withLock { $0 } == false)
            parent.store(1, ordering: .relaxed)
            try await group.waitForAll()
        }
    }

    @Test("The wait ends when it is canceled")
    func cancel() async {
        let task = Task { try await ParentProcess().end() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("The ready descriptor gets the lines and the end")
    func ready() throws {
        let ends = try CloseOnExec.pipe()
        try #require(ReadyDescriptor(ends.writeEnd)).finish(["host=/run port=1", "second"])
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = read(ends.readEnd, &bytes, 100)
        #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "host=/run port=1\nsecond\n")
        #expect(read(ends.readEnd, &bytes, 100) == 0)
        close(ends.readEnd)
    }

    @Test("A descriptor that is closed, read-only or a standard stream is refused")
    func refused() throws {
        let readOnly = open("/dev/null", O_RDONLY)
        for descriptor in [-1, 0, 1, 2, 1_000_000, readOnly] { #expect(ReadyDescriptor(descriptor) == nil) }
        close(readOnly)
    }
}
#endif
