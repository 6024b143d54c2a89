import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A thread that runs the code of its connections and watches their sockets.
///
/// libpq is called on such a thread and nowhere else, so that no thread of Swift's cooperative pool ever waits for a
/// server. A connection is an actor whose executor is one loop; what it awaits is ``wait(for:on:until:)``.
final class SocketLoop: SerialExecutor {
    /// What a wait ended with.
    enum Outcome: Sendable {
        case ready
        case timedOut
        case cancelled
    }

    private let state = Mutex(SocketLoopState())
    private let alarm: WakeUpPipe

    /// Starts a thread of its own, which lives as long as the process.
    init() throws(PGRDSIAMError) {
        alarm = try WakeUpPipe()
        try DetachedThread.start { [self] in run() }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if state.withLock({ $0.add(job) }) { alarm.ring() }
    }

    /// Returns when `socket` is ready for `events` (`POLLIN`, `POLLOUT`), when `deadline` has come, or when the task is
    /// cancelled, whichever is first.
    func wait(
        for events: Int16,
        on socket: Int32,
        until deadline: ContinuousClock.Instant?,
        isolation: isolated (any Actor)? = #isolation
    ) async -> Outcome {
        let id = state.withLock { $0.nextID() }
        return await withTaskCancellationHandler {
            // Captured, so that the closure stays on the loop's thread instead of going by way of the shared pool.
            _ = isolation
            return await withCheckedContinuation { continuation in
                let wait = SocketWait(id: id, socket: socket, events: events, deadline: deadline, continuation)
                register(wait)
            }
        } onCancel: {
            settle([id], .cancelled)
        }
    }

    private func register(_ wait: SocketWait) {
        let (isCancelled, isAsleep) = state.withLock { $0.add(wait) }
        if isCancelled { wait.continuation.resume(returning: .cancelled) }
        if isAsleep { alarm.ring() }
    }

    private func settle(_ ids: [UInt64], _ outcome: Outcome) {
        for wait in state.withLock({ $0.remove(ids, leaveMark: outcome == .cancelled) }) {
            wait.continuation.resume(returning: outcome)
        }
    }

    private func run() {
        while true {
            for job in state.withLock({ $0.takeJobs() }) {
                job.runSynchronously(on: asUnownedSerialExecutor())
            }
            guard let waits = state.withLock({ $0.fallAsleep() }) else { continue }
            let ready = poll(waits)
            state.withLock { $0.isAsleep = false }
            settle(ready, .ready)
            settle(overdue(waits), .timedOut)
        }
    }

    /// Sleeps until a socket is ready, a deadline has come or the alarm rings; the waits whose sockets are ready.
    private func poll(_ waits: [SocketWait]) -> [UInt64] {
        var entries = [pollfd(fd: alarm.readEnd, events: Int16(POLLIN), revents: 0)]
        entries += waits.map { pollfd(fd: $0.socket, events: $0.events, revents: 0) }
        let nearest = waits.compactMap(\.deadline).min()
        _ = entries.withUnsafeMutableBufferPointer { buffer in
            systemPoll(buffer.baseAddress, nfds_t(buffer.count), milliseconds(until: nearest))
        }
        if entries[0].revents != 0 { alarm.silence() }
        return zip(waits, entries.dropFirst()).filter { $0.1.revents != 0 }.map(\.0.id)
    }

    private func overdue(_ waits: [SocketWait]) -> [UInt64] {
        let now = ContinuousClock.now
        return waits.filter { wait in wait.deadline.map { $0 <= now } ?? false }.map(\.id)
    }

    private func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let left = (deadline - .now) / .milliseconds(1)
        return Int32(min(max(left.rounded(.up), 0), 60_000))
    }
}

/// `poll(2)`, under a name of its own: the loop has a method called `poll`.
private let systemPoll = poll
