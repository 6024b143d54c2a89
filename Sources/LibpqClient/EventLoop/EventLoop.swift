import RDSIAMSystem
import Synchronization

/// A thread that runs the code of its connections and watches their sockets.
///
/// What takes libpq long runs on such a thread, so that no thread of Swift's cooperative pool ever waits for a server.
/// A task that prefers the loop as its executor runs there, and awaits ``wait(for:then:)`` without leaving it.
final class EventLoop: TaskExecutor {
    /// How a wait ended.
    enum Outcome: Sendable {
        case ready
        case timedOut
        case canceled
    }

    private let state = Mutex(EventLoopState())
    private let alarm: WakeUpPipe

    /// Starts the loop's thread, which lives as long as the process.
    init() throws(PGError) {
        alarm = try WakeUpPipe()
        do {
            try BlockingWork.start { [self] in run() }
        } catch {
            alarm.discard()
            throw .system("pthread_create", error.number)
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if state.withLock({ $0.add(job) }) { alarm.ring() }
    }

    /// Returns when `event` happens, when its deadline has come, or when the task is canceled, whichever is first.
    ///
    /// - Parameters:
    ///   - event: What to wait for.
    ///   - work: What to do then. It may ask for further waits, and only the loop touches it until this returns.
    func wait(for event: SocketEvent, then work: (any SocketWork)? = nil) async -> Outcome {
        let wait = SocketWait(event, work)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { begin(wait, $0) }
        } onCancel: {
            cancel(wait)
        }
    }

    private func begin(_ wait: SocketWait, _ continuation: CheckedContinuation<Outcome, Never>) {
        switch state.withLock({ $0.begin(wait, continuation) }) {
        case nil: continuation.resume(returning: .canceled)
        case true?: alarm.ring()
        case false?: break
        }
    }

    /// Wakes the thread too: the system keeps a socket open, whatever closes it, while a thread polls it.
    private func cancel(_ wait: SocketWait) {
        guard let canceled = state.withLock({ $0.cancel(wait) }) else { return }
        canceled.continuation.resume(returning: .canceled)
        if canceled.mustRing { alarm.ring() }
    }

    private func run() {
        var poll = SocketPoll(alarm)
        while true {
            for job in state.withLock({ $0.takeJobs() }) {
                job.runSynchronously(on: asUnownedTaskExecutor())
            }
            guard state.withLock({ $0.fallAsleep(&poll) }) else { continue }
            poll.run()
            state.withLock { $0.wakeUp(&poll) }
            for ended in poll.takeEnded() {
                if ended.isReady { goOn(ended.wait) } else { end(ended.wait, .timedOut) }
            }
        }
    }

    private func goOn(_ wait: SocketWait) {
        guard let next = wait.work?.goOn() else { return end(wait, .ready) }
        state.withLock { $0.goOn(wait, with: next) }?.resume(returning: .canceled)
    }

    private func end(_ wait: SocketWait, _ outcome: Outcome) {
        state.withLock { _ in wait.takeContinuation() }?.resume(returning: outcome)
    }
}

extension EventLoop {
    private struct Loops {
        var all: [EventLoop] = []
        var last = 0
    }

    private static let count = 4
    private static let loops = Mutex(Loops())

    /// Returns one of the loops of this process, which start when they are first needed and are used in turn.
    ///
    /// If no further one can start, those that run are enough.
    static func next() throws -> EventLoop {
        try loops.withLock { loops in
            if loops.all.count < count {
                do { loops.all.append(try EventLoop()) } catch { if loops.all.isEmpty { throw error } }
            }
            loops.last = (loops.last + 1) % loops.all.count
            return loops.all[loops.last]
        }
    }
}

/// A pipe that a thread reads while it polls: a byte in it ends the poll.
struct WakeUpPipe: Sendable {
    let readEnd: Int32
    private let writeEnd: Int32

    init() throws(PGError) {
        guard let pipe = makePipe() else { throw PGError.system("pipe", errno) }
        (readEnd, writeEnd) = pipe
        for end in [readEnd, writeEnd] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    }

    /// Wakes the reader.
    ///
    /// A full pipe is as good as a byte.
    func ring() {
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }

    /// Closes both ends, if no thread will ever poll it.
    func discard() {
        for end in [readEnd, writeEnd] { close(end) }
    }

    /// Empties the pipe.
    func silence() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(readEnd, &bytes, bytes.count) == bytes.count {}
    }
}
