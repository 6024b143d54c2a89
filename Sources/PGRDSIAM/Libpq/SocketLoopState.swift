/// What a socket loop has to do: jobs to run and sockets to watch.
///
/// Used under the loop's lock.
struct SocketLoopState: Sendable {
    typealias Continuation = CheckedContinuation<SocketLoop.Outcome, Never>

    /// Whether the thread is in `poll(2)`, or about to be, so that new work must ring.
    private var isAsleep = false

    private var jobs: [UnownedJob] = []
    private var waits: [SocketWait] = []

    /// Adds a job; whether the thread is to be woken for it.
    mutating func add(_ job: UnownedJob) -> Bool {
        jobs.append(job)
        return wake()
    }

    mutating func takeJobs() -> [UnownedJob] {
        defer { jobs = [] }
        return jobs
    }

    /// Begins a wait; whether the thread is to be woken for it, or nil where it was cancelled before.
    mutating func begin(_ wait: SocketWait, _ continuation: Continuation) -> Bool? {
        guard !wait.isCancelled else { return nil }
        wait.continuation = continuation
        watch(wait)
        return wake()
    }

    /// Watches the next socket of work that goes on; whom to tell that it was cancelled meanwhile.
    mutating func goOn(_ wait: SocketWait, with next: SocketCondition) -> Continuation? {
        guard !wait.isCancelled else { return wait.takeContinuation() }
        wait.condition = next
        watch(wait)
        return nil
    }

    /// Cancels a wait, begun or not; whom to tell, which for work that is just going on is nobody yet, and whether to wake the
    /// thread.
    mutating func cancel(_ wait: SocketWait) -> (Continuation, Bool)? {
        wait.isCancelled = true
        guard wait.isWatched, let continuation = wait.takeContinuation() else { return nil }
        wait.isWatched = false
        waits.removeAll { $0 === wait }
        return (continuation, wake())
    }

    private mutating func watch(_ wait: SocketWait) {
        wait.isWatched = true
        waits.append(wait)
    }

    /// Says what to watch for, where there is nothing else to do; whether there is not.
    mutating func fallAsleep(_ sleep: inout SocketSleep) -> Bool {
        guard jobs.isEmpty else { return false }
        isAsleep = true
        sleep.watch(waits)
        return true
    }

    /// Takes out those of the watched waits that have ended, and leaves in `sleep` those that nobody has cancelled meanwhile.
    mutating func wakeUp(_ sleep: inout SocketSleep) {
        isAsleep = false
        sleep.sort { wait in
            defer { wait.isWatched = false }
            return wait.isWatched
        }
        if sleep.ended > 0 { waits.removeAll { !$0.isWatched } }
    }

    /// One ring is enough: whoever finds the thread asleep wakes it for all.
    private mutating func wake() -> Bool {
        defer { isAsleep = false }
        return isAsleep
    }
}
