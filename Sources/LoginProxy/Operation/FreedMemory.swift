#if Proxy
import Logging
import NIOCore
import NIOPosix
import RDSIAMSystem
import Synchronization

/// Returns memory to the operating system after many connections have closed.
///
/// A session holds buffers of some 75 KB, of which it uses half. The allocator cuts the memory of sessions that have
/// ended differently for those that follow, so their buffers come to lie on pages that are in use already. Without
/// this, each restart of a server would add to the memory of as many sessions as before, up to all of their buffers.
final class FreedMemory: Sendable {
    /// After how many closed connections it is worth the time.
    static let enough = 256
    /// How long the last of many connections may take to free their memory.
    private static let delay = TimeAmount.seconds(1)

    private struct State {
        var closed = 0
        var isScheduled = false
    }

    private let logger: Logger
    private let state = Mutex(State())

    init(logger: Logger) {
        self.logger = logger
    }

    /// Counts a connection that has closed, on its event loop.
    func connectionClosed(on loop: any EventLoop) {
        let isEnough = state.withLock { state in
            state.closed += 1
            guard state.closed >= Self.enough, !state.isScheduled else { return false }
            state.isScheduled = true
            return true
        }
        guard isEnough else { return }
        loop.scheduleTask(in: Self.delay) {
            // It takes milliseconds, for which no session should wait.
            NIOThreadPool.singleton.submit { _ in self.release() }
        }
    }

    private func release() {
        let closed = state.withLock { state in
            defer { state = State() }
            return state.closed
        }
        let began = ContinuousClock.now
        _ = Self.trim?(0)
        let duration = ContinuousClock.now - began
        logger.debug("memory returned", metadata: ["connections": "\(closed)", "duration": "\(duration)"])
    }

    /// `malloc_trim(3)`, which only the GNU C library has.
    private static let trim = dlsym(nil, "malloc_trim").map {
        unsafeBitCast($0, to: (@convention(c) (Int) -> CInt).self)
    }
}
#endif
