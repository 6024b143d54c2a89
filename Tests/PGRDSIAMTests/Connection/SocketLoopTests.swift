import Foundation
import Synchronization
import Testing

@testable import PGRDSIAM

@Suite("A socket loop that sleeps", .timeLimit(.minutes(2)))
struct SocketLoopTests {
    private final class Flag: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { value.withLock { $0 } }
        func set() { value.withLock { $0 = true } }
    }

    private final class Work: SocketWork {
        let isFreed: Flag
        init(_ isFreed: Flag) { self.isFreed = isFreed }
        deinit { isFreed.set() }
        func goOn() -> SocketCondition? { nil }
    }

    @Test("lets go of what is cancelled, though its socket never stirs")
    func cancelled() async throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let (loop, news, isFreed) = (try SocketLoop(), SocketCondition(POLLIN, on: ends[0]), Flag())
        let waiting = Task { await loop.wait(for: news, then: Work(isFreed)) }
        try await Task.sleep(for: .milliseconds(100))
        #expect(!isFreed.isSet)
        waiting.cancel()
        #expect(await waiting.value == .cancelled)
        #expect(try await comesTrue { isFreed.isSet })
    }

    @Test("tells a socket that is ready from one whose time is up")
    func outcomes() async throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let loop = try SocketLoop()
        #expect(await loop.wait(for: SocketCondition(POLLOUT, on: ends[0])) == .ready)
        let late = SocketCondition(POLLIN, on: ends[0], until: .now + .milliseconds(50))
        #expect(await loop.wait(for: late) == .timedOut)
    }
}
