import RDSIAMSystem

/// What a loop's thread watches while it sleeps, and what has woken it.
///
/// Its arrays are used again and again, as a login goes through half a dozen sleeps.
struct SocketSleep {
    private var waits: [SocketWait] = []
    /// How many of the waits have ended: the first ones.
    private(set) var ended = 0
    private var entries: [pollfd] = []
    private let alarm: WakeUpPipe

    init(_ alarm: WakeUpPipe) {
        self.alarm = alarm
    }

    /// Watches these waits and the alarm.
    mutating func watch(_ waits: [SocketWait]) {
        entries.removeAll(keepingCapacity: true)
        for wait in waits {
            self.waits.append(wait)
            entries.append(pollfd(fd: wait.condition.socket, events: wait.condition.events, revents: 0))
        }
        entries.append(pollfd(fd: alarm.readEnd, events: Int16(POLLIN), revents: 0))
    }

    /// Sleeps until a socket is ready, a deadline has come or the alarm rings.
    mutating func run() {
        let nearest = waits.lazy.compactMap(\.condition.timeLeft).min()
        poll(&entries, nfds_t(entries.count), milliseconds(nearest))
        if entries.last?.revents != 0 { alarm.silence() }
    }

    /// Brings those waits to the front that have ended and that `isKept` lets pass.
    mutating func sort(keeping isKept: (SocketWait) -> Bool) {
        ended = 0
        for index in waits.indices where isReady(index) || waits[index].condition.isOverdue {
            guard isKept(waits[index]) else { continue }
            waits.swapAt(ended, index)
            entries.swapAt(ended, index)
            ended += 1
        }
    }

    /// The waits that have ended, each with whether its socket was ready; its time was up, otherwise.
    ///
    /// The others are forgotten, and with them connections that nobody else wants any more.
    mutating func takeEnded() -> [(wait: SocketWait, isReady: Bool)] {
        defer { waits.removeAll(keepingCapacity: true) }
        return (0..<ended).map { (waits[$0], isReady($0)) }
    }

    private func isReady(_ index: Int) -> Bool { entries[index].revents != 0 }

    private func milliseconds(_ timeLeft: Duration?) -> Int32 {
        guard let timeLeft else { return -1 }
        return Int32(min(max((timeLeft / .milliseconds(1)).rounded(.up), 0), 60_000))
    }
}
