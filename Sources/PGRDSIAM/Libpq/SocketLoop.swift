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
/// server. A connection is an actor whose executor is one loop; what it awaits is ``wait(for:then:isolation:)``. A task that
/// prefers the loop as its executor goes on there when it resumes; others make a detour by way of the shared pool.
final class SocketLoop: SerialExecutor, TaskExecutor {
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

    /// Returns when `condition` is met, when its deadline has come, or when the task is cancelled, whichever is first.
    ///
    /// - Parameters:
    ///   - condition: What to wait for.
    ///   - work: What to do then; it may ask for further waits, and must be touched by nobody else until this returns.
    ///   - isolation: Where to return to.
    func wait(
        for condition: SocketCondition,
        then work: (any SocketWork)? = nil,
        isolation: isolated (any Actor)? = #isolation
    ) async -> Outcome {
        let wait = SocketWait(condition, work)
        return await withTaskCancellationHandler {
            // Captured, so that the closure stays on the loop's thread instead of going by way of the shared pool.
            _ = isolation
            return await withCheckedContinuation { begin(wait, $0) }
        } onCancel: {
            state.withLock { $0.cancel(wait) }?.resume(returning: .cancelled)
        }
    }

    private func begin(_ wait: SocketWait, _ continuation: CheckedContinuation<Outcome, Never>) {
        switch state.withLock({ $0.begin(wait, continuation) }) {
        case nil: continuation.resume(returning: .cancelled)
        case true?: alarm.ring()
        case false?: break
        }
    }

    private func run() {
        var entries = [pollfd(fd: alarm.readEnd, events: Int16(POLLIN), revents: 0)]
        while true {
            for job in state.withLock({ $0.takeJobs() }) {
                job.runSynchronously(on: asUnownedSerialExecutor())
            }
            guard let waits = state.withLock({ $0.fallAsleep() }) else { continue }
            let ended = sleep(waits, &entries)
            for (wait, isReady) in state.withLock({ $0.wakeUp(ended) }) {
                isReady ? goOn(wait) : end(wait, .timedOut)
            }
        }
    }

    private func goOn(_ wait: SocketWait) {
        guard let next = wait.work?.goOn() else { return end(wait, .ready) }
        state.withLock { $0.goOn(wait, with: next) }?.resume(returning: .cancelled)
    }

    private func end(_ wait: SocketWait, _ outcome: Outcome) {
        state.withLock { _ in wait.takeContinuation() }?.resume(returning: outcome)
    }

    /// Sleeps until a socket is ready, a deadline has come or the alarm rings; the waits that have ended.
    private func sleep(_ waits: [SocketWait], _ entries: inout [pollfd]) -> [(wait: SocketWait, isReady: Bool)] {
        entries.removeSubrange(1...)
        for wait in waits {
            entries.append(pollfd(fd: wait.condition.socket, events: wait.condition.events, revents: 0))
        }
        let nearest = waits.lazy.compactMap(\.condition.timeLeft).min()
        guard poll(&entries, nfds_t(entries.count), milliseconds(nearest)) > 0 || nearest != nil else { return [] }
        if entries[0].revents != 0 { alarm.silence() }
        var ended: [(SocketWait, Bool)] = []
        for (wait, entry) in zip(waits, entries.dropFirst()) {
            let isReady = entry.revents != 0
            if isReady || wait.condition.isOverdue { ended.append((wait, isReady)) }
        }
        return ended
    }

    private func milliseconds(_ timeLeft: Duration?) -> Int32 {
        guard let timeLeft else { return -1 }
        return Int32(min(max((timeLeft / .milliseconds(1)).rounded(.up), 0), 60_000))
    }
}
