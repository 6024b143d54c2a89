import Foundation
import Synchronization
import TestSupport
import Testing

@testable import LibpqClient

@Suite("An event loop that sleeps", .timeLimit(.minutes(2)))
struct EventLoopTests {
    private final class Flag: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { value.withLock { $0 } }
        func set() { value.withLock { $0 = true } }
    }

    private final class Work: SocketWork {
        let isFreed: Flag
        init(_ isFreed: Flag) { self.isFreed = isFreed }
        deinit { isFreed.set() }
        func goOn() -> SocketEvent? { nil }
    }

    @Test("frees the work of a wait that is canceled, though its socket is never ready")
    func cancelled() async throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let (loop, news, isFreed) = (try EventLoop(), SocketEvent(POLLIN, on: ends[0]), Flag())
        let waiting = Task(executorPreference: loop) { await loop.wait(for: news, then: Work(isFreed)) }
        // A loop runs its jobs in order: the wait has begun when the next job has run.
        await Task(executorPreference: loop) {}.value
        #expect(!isFreed.isSet)
        waiting.cancel()
        #expect(try await waiting.finished() == .canceled)
        #expect(try await comesTrue { isFreed.isSet })
    }

    @Test("tells a socket that is ready from one that is not by its deadline")
    func outcomes() async throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let loop = try EventLoop()
        #expect(await loop.wait(for: SocketEvent(POLLOUT, on: ends[0])) == .ready)
        let late = SocketEvent(POLLIN, on: ends[0], until: .now + .milliseconds(50))
        #expect(await loop.wait(for: late) == .timedOut)
    }

    @Test("looks at sockets although jobs follow each other without end")
    func busy() async throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let loop = try EventLoop()
        // The loop always has a job: this task goes to the end of its queue again and again.
        let busy = Task(executorPreference: loop) { while !Task.isCancelled { await Task.yield() } }
        #expect(await loop.wait(for: SocketEvent(POLLOUT, on: ends[0])) == .ready)
        let late = SocketEvent(POLLIN, on: ends[0], until: .now + .milliseconds(50))
        #expect(await loop.wait(for: late) == .timedOut)
        busy.cancel()
    }
}
