import RDSIAMSystem
import Synchronization

/// A thread that runs the code of its connections and watches their sockets.
///
/// What libpq may take long over runs on such a thread, so that no thread of Swift's cooperative pool ever waits for a server. A
/// task that prefers the loop as its executor runs there, and awaits ``wait(for:then:)`` without leaving it.
final class SocketLoop: TaskExecutor {
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
        do { try BlockingWork.start { [self] in run() } } catch { throw .system("pthread_create", error.number) }
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
    func wait(for condition: SocketCondition, then work: (any SocketWork)? = nil) async -> Outcome {
        let wait = SocketWait(condition, work)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { begin(wait, $0) }
        } onCancel: {
            cancel(wait)
        }
    }

    private func begin(_ wait: SocketWait, _ continuation: CheckedContinuation<Outcome, Never>) {
        switch state.withLock({ $0.begin(wait, continuation) }) {
        case nil: continuation.resume(returning: .cancelled)
        case true?: alarm.ring()
        case false?: break
        }
    }

    /// The thread is woken too: while it sleeps on a socket, the system keeps that open whoever closes it.
    private func cancel(_ wait: SocketWait) {
        guard let (continuation, rings) = state.withLock({ $0.cancel(wait) }) else { return }
        continuation.resume(returning: .cancelled)
        if rings { alarm.ring() }
    }

    private func run() {
        var sleep = SocketSleep(alarm)
        while true {
            for job in state.withLock({ $0.takeJobs() }) {
                job.runSynchronously(on: asUnownedTaskExecutor())
            }
            guard state.withLock({ $0.fallAsleep(&sleep) }) else { continue }
            sleep.run()
            state.withLock { $0.wakeUp(&sleep) }
            for (wait, isReady) in sleep.takeEnded() { isReady ? goOn(wait) : end(wait, .timedOut) }
        }
    }

    private func goOn(_ wait: SocketWait) {
        guard let next = wait.work?.goOn() else { return end(wait, .ready) }
        state.withLock { $0.goOn(wait, with: next) }?.resume(returning: .cancelled)
    }

    private func end(_ wait: SocketWait, _ outcome: Outcome) {
        state.withLock { _ in wait.takeContinuation() }?.resume(returning: outcome)
    }
}
