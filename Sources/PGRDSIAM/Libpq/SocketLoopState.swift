/// What a socket loop has to do: jobs to run and sockets to watch.
///
/// Used under the loop's lock.
struct SocketLoopState: Sendable {
    /// Whether the thread is in `poll(2)`, or about to be, so that new work must ring.
    var isAsleep = false

    private var jobs: [UnownedJob] = []
    private var waits: [UInt64: SocketWait] = [:]
    /// Waits that were cancelled before they began.
    private var cancelledEarly: Set<UInt64> = []
    private var begun: Set<UInt64> = []
    private var lastID: UInt64 = 0

    mutating func nextID() -> UInt64 {
        lastID += 1
        begun.insert(lastID)
        return lastID
    }

    /// Adds a job; whether the thread is to be woken for it.
    mutating func add(_ job: UnownedJob) -> Bool {
        jobs.append(job)
        return wake()
    }

    /// Adds a wait, unless it was cancelled before it began.
    mutating func add(_ wait: SocketWait) -> (isCancelled: Bool, isAsleep: Bool) {
        begun.remove(wait.id)
        if cancelledEarly.remove(wait.id) != nil { return (true, false) }
        waits[wait.id] = wait
        return (false, wake())
    }

    /// Takes waits out, to be resumed.
    ///
    /// - Parameter leaveMark: Whether a wait that has not begun yet is never to begin.
    mutating func remove(_ ids: [UInt64], leaveMark: Bool) -> [SocketWait] {
        ids.compactMap { id in
            if let wait = waits.removeValue(forKey: id) { return wait }
            if leaveMark, begun.contains(id) { cancelledEarly.insert(id) }
            return nil
        }
    }

    mutating func takeJobs() -> [UnownedJob] {
        defer { jobs = [] }
        return jobs
    }

    /// The sockets to watch, where there is nothing else to do.
    mutating func fallAsleep() -> [SocketWait]? {
        guard jobs.isEmpty else { return nil }
        isAsleep = true
        return Array(waits.values)
    }

    /// One ring is enough: whoever finds the thread asleep wakes it for all.
    private mutating func wake() -> Bool {
        defer { isAsleep = false }
        return isAsleep
    }
}

/// One task's wait for one socket.
struct SocketWait: Sendable {
    let id: UInt64
    let socket: Int32
    let events: Int16
    let deadline: ContinuousClock.Instant?
    let continuation: CheckedContinuation<SocketLoop.Outcome, Never>

    init(
        id: UInt64,
        socket: Int32,
        events: Int16,
        deadline: ContinuousClock.Instant?,
        _ continuation: CheckedContinuation<SocketLoop.Outcome, Never>
    ) {
        self.id = id
        self.socket = socket
        self.events = events
        self.deadline = deadline
        self.continuation = continuation
    }
}
