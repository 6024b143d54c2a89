import RDSIAMSystem

/// What an event loop has to do: jobs to run and sockets to watch.
///
/// It is used under the loop's lock.
struct EventLoopState: Sendable {
    typealias Continuation = CheckedContinuation<EventLoop.Outcome, Never>

    /// What remains to be done after a wait has been canceled.
    struct Canceled {
        let continuation: Continuation
        let mustRing: Bool
    }

    /// Whether the thread is in `poll(2)`, or about to be, so that new work must ring.
    private var isAsleep = false

    /// How many rounds of jobs run before sockets and deadlines get a look: jobs that follow each other without end, as
    /// streams of rows make them, must not hold up the waits of other connections.
    private static let roundsPerPoll = 16

    private var roundsOfJobs = 0
    private var jobs: [UnownedJob] = []
    private var waits: [SocketWait] = []

    /// Adds a job.
    ///
    /// - Returns: Whether the thread must be woken for it.
    mutating func add(_ job: UnownedJob) -> Bool {
        jobs.append(job)
        return wake()
    }

    mutating func takeJobs() -> [UnownedJob] {
        defer { jobs = [] }
        return jobs
    }

    /// Begins a wait.
    ///
    /// - Returns: Whether the thread must be woken for it, or `nil` if it was canceled before.
    mutating func begin(_ wait: SocketWait, _ continuation: Continuation) -> Bool? {
        guard !wait.isCanceled else { return nil }
        wait.continuation = continuation
        watch(wait)
        return wake()
    }

    /// Watches the next socket of work that goes on.
    ///
    /// - Returns: The task to resume, if it was canceled while the work ran.
    mutating func goOn(_ wait: SocketWait, with next: SocketEvent) -> Continuation? {
        guard !wait.isCanceled else { return wait.takeContinuation() }
        wait.event = next
        watch(wait)
        return nil
    }

    /// Cancels a wait, begun or not.
    ///
    /// - Returns: The task to resume, or `nil` if the wait has not begun or its work is just going on.
    mutating func cancel(_ wait: SocketWait) -> Canceled? {
        wait.isCanceled = true
        guard wait.isWatched, let continuation = wait.takeContinuation() else { return nil }
        wait.isWatched = false
        waits.removeAll { $0 === wait }
        return Canceled(continuation: continuation, mustRing: wake())
    }

    private mutating func watch(_ wait: SocketWait) {
        wait.isWatched = true
        waits.append(wait)
    }

    /// Prepares to poll: until something happens if no job waits, and for no time at all if jobs keep coming.
    ///
    /// - Returns: Whether to poll now.
    mutating func fallAsleep(_ poll: inout SocketPoll) -> Bool {
        isAsleep = jobs.isEmpty
        roundsOfJobs = isAsleep ? 0 : roundsOfJobs + 1
        guard isAsleep || roundsOfJobs.isMultiple(of: Self.roundsPerPoll) else { return false }
        poll.watch(waits, mayWait: isAsleep)
        return true
    }

    /// Takes out the watched waits that have ended, and leaves in `poll` those of them that were not canceled.
    mutating func wakeUp(_ poll: inout SocketPoll) {
        isAsleep = false
        poll.sort { wait in
            defer { wait.isWatched = false }
            return wait.isWatched
        }
        if poll.ended > 0 { waits.removeAll { !$0.isWatched } }
    }

    /// Returns whether to ring: the first caller that finds the thread asleep wakes it for all.
    private mutating func wake() -> Bool {
        defer { isAsleep = false }
        return isAsleep
    }
}

/// What a loop's thread watches while it polls, and what has woken it.
///
/// Its arrays are used again and again, as a login goes through half a dozen polls.
struct SocketPoll {
    /// A wait that has ended.
    struct Ended {
        let wait: SocketWait
        /// Whether its socket is ready; otherwise its deadline has come.
        let isReady: Bool
    }

    private var waits: [SocketWait] = []
    /// How many of the waits have ended: the first ones.
    private(set) var ended = 0
    private var entries: [pollfd] = []
    private var mayWait = true
    private let alarm: WakeUpPipe

    init(_ alarm: WakeUpPipe) {
        self.alarm = alarm
    }

    /// Watches these waits and the alarm.
    mutating func watch(_ waits: [SocketWait], mayWait: Bool) {
        self.mayWait = mayWait
        entries.removeAll(keepingCapacity: true)
        for wait in waits {
            self.waits.append(wait)
            entries.append(pollfd(fd: wait.event.socket, events: wait.event.events, revents: 0))
        }
        entries.append(pollfd(fd: alarm.readEnd, events: Int16(POLLIN), revents: 0))
    }

    /// Sleeps until a socket is ready, a deadline has come or the alarm rings, unless it may not wait.
    mutating func run() {
        let nearest = waits.lazy.compactMap(\.event.timeLeft).min()
        poll(&entries, nfds_t(entries.count), mayWait ? milliseconds(nearest) : 0)
        if entries.last?.revents != 0 { alarm.silence() }
    }

    /// Brings those waits to the front that have ended and that `isCurrent` lets pass.
    mutating func sort(keeping isCurrent: (SocketWait) -> Bool) {
        ended = 0
        for index in waits.indices where isReady(index) || waits[index].event.isOverdue {
            guard isCurrent(waits[index]) else { continue }
            waits.swapAt(ended, index)
            entries.swapAt(ended, index)
            ended += 1
        }
    }

    /// Returns the waits that have ended, and forgets the others, and with them connections that nothing else owns.
    mutating func takeEnded() -> [Ended] {
        defer { waits.removeAll(keepingCapacity: true) }
        return (0..<ended).map { Ended(wait: waits[$0], isReady: isReady($0)) }
    }

    private func isReady(_ index: Int) -> Bool { entries[index].revents != 0 }

    private func milliseconds(_ timeLeft: Duration?) -> Int32 {
        guard let timeLeft else { return -1 }
        return Int32(min(max((timeLeft / .milliseconds(1)).rounded(.up), 0), 60_000))
    }
}
