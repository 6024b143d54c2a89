public import AuthTokens
import Dispatch
import RDSIAMSystem

/// The audit log, open for writing: a durable, tamper-evident record of every token in one SQLite file.
///
/// ```swift
/// let log = try await AuditLog.open("/var/lib/app/tokens.sqlite")
/// let issuer = TokenIssuer(generators: generators, audit: .required(log))
/// ```
///
/// ``record(_:)`` returns when the event is committed and synchronized. Events recorded at the same time share one
/// commit. Several processes may write one log at once. No thread of Swift's pool waits for the disk.
///
/// A program that can write the file can rewrite all of it: the log is tamper-evident, not tamper-proof, and only as
/// far back as the last ``AuditHead`` that was kept elsewhere. It does not know of tokens made by other tools, nor
/// whether one was used.
public actor AuditLog: TokenAuditRecorder {
    /// The log's file.
    public nonisolated let path: String
    private nonisolated let disk = DiskExecutor(label: "TokenAuditLog.writer")
    nonisolated let queue = CommitQueue()
    private nonisolated let watch = DispatchQueue(label: "TokenAuditLog.watch")
    nonisolated let configuration: AuditLogConfiguration
    private var committer: Committer?
    private var transactionsAtLastTick = 0

    /// The thread that waits for the disk.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { disk.asUnownedSerialExecutor() }

    private init(path: String, configuration: AuditLogConfiguration) {
        self.path = path
        self.configuration = configuration.bounded
    }

    /// Opens the log, and creates it if there is none: a file for its owner alone, in a directory for its owner alone.
    ///
    /// What all users may do with a log of this user is taken back; what its group may do is left to its owner. A
    /// directory that is there already is left as it is: a user who may write in it can delete the log.
    ///
    /// That it was opened is recorded together with the first event.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - configuration: How the log is kept.
    /// - Throws: ``AuditLogError``; `busy` may be tried again.
    public static func open(_ path: String, configuration: AuditLogConfiguration = .init()) async throws -> AuditLog {
        try LogFile.check(path)
        let log = AuditLog(path: path, configuration: configuration)
        try await log.start()
        return log
    }

    /// How many transactions this log has committed.
    var transactions: Int { committer?.transactions ?? 0 }

    private func start() throws {
        committer = try Committer(path: path, configuration: configuration)
        awaitIdleness()
    }

    /// Writes an event down and returns when it is on stable storage.
    ///
    /// Once called it is not canceled: an event may be stored whose waiter has given up, but never the other way.
    ///
    /// - Throws: ``AuditLogError``, within the configuration's time limit. `busy` and `timedOut` may be tried again.
    public nonisolated func record(_ event: TokenEvent) async throws {
        let payload = AuditRecord(event, by: configuration.actor).payload.utf8
        let isBestEffortIssue = !event.isRequired && [.issue, .reuse].contains(event.activity)
        guard payload.count <= Committer.largestPayload else {
            queue.refuse(isBestEffortIssue: isBestEffortIssue)
            noticeLater(lost: 1)
            throw AuditLogError(.tooLarge, "The event has \(payload.count) bytes. Shorten what it names.", path: path)
        }
        try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
            submit(
                PendingEvent(
                    payload: payload,
                    isBestEffortIssue: isBestEffortIssue,
                    timeout: configuration.timeout,
                    waiter: waiter
                )
            )
        }
    }

    private nonisolated func submit(_ event: PendingEvent) {
        let admission = queue.add(event)
        if admission.isRefused { event.finish(.failure(closedError)) }
        if admission.startsWriter { disk.queue.async { self.assumeIsolated { $0.drain() } } }
        if admission.startsTimer { watchLater() }
    }

    private nonisolated var closedError: AuditLogError {
        AuditLogError(.closed, "The audit log has been closed.", path: path)
    }

    // MARK: On the disk's thread

    private func drain() {
        while let deadline = queue.firstDeadline() {
            do {
                guard let committer else { throw closedError }
                try committer.commitWaiting(in: queue, until: deadline)
            } catch {
                fail(with: error)
            }
        }
    }

    private func fail(with error: any Error) {
        queue.putBack()
        let isBusy = (error as? AuditLogError)?.code == .busy
        let now = SuspendingClock.now
        let abandoned = queue.abandon { !isBusy || $0.lockDeadline <= now }
        notice(lost: abandoned.count)
        for event in abandoned { event.finish(.failure(error)) }
    }

    private func notice(lost count: Int) {
        guard let head = committer?.store.head, count > 0 else { return }
        configuration.notify(AuditLogNotice(.eventsLost, head: head, count: count))
    }

    /// The notice comes on the log's own thread, once the disk answers.
    private nonisolated func noticeLater(lost count: Int) {
        guard count > 0 else { return }
        disk.queue.async { self.assumeIsolated { $0.notice(lost: count) } }
    }

    /// Runs `body` on the open log, from maintenance.
    func maintaining<Value>(_ body: (Committer, _ deadline: SuspendingClock.Instant) throws -> Value) throws -> Value {
        guard let committer else { throw closedError }
        return try body(committer, .now + configuration.timeout)
    }

    /// Records that events were lost before the log could be opened.
    ///
    /// - Parameters:
    ///   - events: How many events.
    ///   - issued: How many of them were about tokens that were used nevertheless.
    /// - Throws: ``AuditLogError``; `busy` may be tried again.
    package func recordLoss(events: Int, issued: Int) throws {
        try maintaining { committer, deadline in
            try committer.transaction(until: deadline, afterLosing: LostEvents(events: events, issued: issued)) {}
        }
    }

    /// Writes a checkpoint now.
    ///
    /// - Returns: The log's head after it, to be kept elsewhere.
    /// - Throws: ``AuditLogError``; `busy` may be tried again.
    @discardableResult
    public func checkpoint() throws -> AuditHead { try checkpoint("request") }

    private func checkpoint(_ reason: String) throws -> AuditHead {
        try maintaining { committer, deadline in
            let lost = queue.lost
            try committer.commitCheckpoint(reason, until: deadline, afterLosing: lost)
            queue.settle(lost)
            return committer.store.head
        }
    }

    /// Commits what waits, writes a last checkpoint and closes the file.
    ///
    /// That events were lost is recorded in any case, if it can be. Later events are refused.
    ///
    /// - Returns: The lost events of which the log says nothing, as it could not be written.
    @discardableResult
    public func close() -> LostEvents {
        queue.close()
        drain()
        let lost = queue.lost
        if configuration.recordsOpenAndClose, committer?.hasUnconfirmedRows == true || !lost.isEmpty {
            _ = try? checkpoint("close")
        } else if !lost.isEmpty {
            do {
                try maintaining { try $0.transaction(until: $1, afterLosing: lost) {} }
                queue.settle(lost)
            } catch {}
        }
        committer = nil
        return queue.lost
    }

    private func awaitIdleness() {
        guard let pause = configuration.idleCheckpoint, pause > .zero else { return }
        disk.queue.asyncAfter(deadline: .now() + pause.seconds) { [weak self] in
            self?.assumeIsolated { $0.tickIdleness() }
        }
    }

    private func tickIdleness() {
        guard let committer else { return }
        if committer.transactions == transactionsAtLastTick { _ = try? checkpoint("idle") }
        transactionsAtLastTick = committer.transactions
        awaitIdleness()
    }

    // MARK: On the watch, for the day the disk itself hangs

    private nonisolated func watchLater() {
        watch.asyncAfter(deadline: .now() + configuration.timeout.seconds / 8) {
            self.giveUpOverdue()
            if self.queue.keepsWatch() { self.watchLater() }
        }
    }

    private nonisolated func giveUpOverdue() {
        let now = SuspendingClock.now
        let abandoned = queue.abandon { $0.deadline <= now }
        noticeLater(lost: abandoned.count)
        let overdue = abandoned + queue.overdueInFlight(at: now)
        let error = AuditLogError(
            .timedOut,
            "The disk with the audit log did not answer in time. Check the disk.",
            path: path
        )
        for event in overdue { event.finish(.failure(error)) }
    }
}
