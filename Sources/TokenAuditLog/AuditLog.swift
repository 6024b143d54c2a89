public import AuthTokens
import Dispatch

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The audit log, open for writing: a durable, tamper-evident record of every token in one SQLite file.
///
/// ```swift
/// let log = try await AuditLog.open("/var/lib/app/tokens.auditlog")
/// let issuer = TokenIssuer(generators: generators, audit: .required(log))
/// ```
///
/// ``record(_:)`` returns when the event is committed and synchronised. Events recorded at the same time share one
/// commit. Several processes may write one log at once. No thread of Swift's pool waits for the disk.
///
/// Whoever can write the file can rewrite all of it: the log is tamper-evident, not tamper-proof, and only as far back
/// as the last ``AuditHead`` kept elsewhere. It does not know of tokens made by other tools, nor whether one was used.
public actor AuditLog: TokenAuditRecorder {
    /// The log's file.
    public nonisolated let path: String
    private nonisolated let disk = DiskExecutor(label: "TokenAuditLog.writer")
    private nonisolated let queue = CommitQueue()
    private nonisolated let configuration: AuditLogConfiguration
    private var store: LogStore?
    /// Events of the log's own that wait for the next transaction.
    private var ownEvents: [AuditRecord] = []

    /// The thread that waits for the disk.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { disk.asUnownedSerialExecutor() }

    private init(path: String, configuration: AuditLogConfiguration) {
        self.path = path
        self.configuration = configuration
    }

    /// Opens the log, and creates it where there is none: a file for its owner alone, in a folder for its owner alone.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - configuration: How the log is kept.
    /// - Throws: ``AuditLogError``; `busy` may be tried again.
    public static func open(_ path: String, configuration: AuditLogConfiguration = .init()) async throws -> AuditLog {
        let log = AuditLog(path: path, configuration: configuration)
        try await log.start()
        return log
    }

    private func start() throws {
        let store = try LogStore(path: path, configuration: configuration)
        let seen = ["seq": String(store.head.sequence), "chain": Hexadecimal.encode(store.head.chainHash)]
        ownEvents = [AuditRecord(.open, at: configuration.now(), by: configuration.actor, detail: seen)]
        self.store = store
    }

    /// Writes an event down and returns when it is on stable storage.
    ///
    /// Once called it is not cancelled: an event may be stored whose waiter has given up, but never the other way.
    ///
    /// - Throws: ``AuditLogError``, within the configuration's time limit. `busy` and `timedOut` may be tried again.
    public nonisolated func record(_ event: TokenEvent) async throws {
        let payload = try encode(AuditRecord(event, by: configuration.actor))
        let isBestEffortIssue = !event.isRequired && [.issue, .reuse].contains(event.activity)
        let deadline = Monotonic.now + configuration.timeLimit.nanoseconds
        try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
            submit(
                PendingEvent(
                    payload: payload,
                    isBestEffortIssue: isBestEffortIssue,
                    deadline: deadline,
                    waiter: waiter
                )
            )
        }
    }

    private nonisolated func submit(_ event: PendingEvent) {
        switch queue.add(event) {
        case .none: break
        case .drain: disk.queue.async { self.assumeIsolated { $0.drain() } }
        case .refuse: event.finish(.failure(closedError))
        }
    }

    private nonisolated var closedError: AuditLogError {
        AuditLogError(.closed, "The audit log has been closed.", path: path)
    }

    private nonisolated func encode(_ record: AuditRecord) throws -> [UInt8] {
        let payload = record.payload.utf8
        guard payload.count <= 65536 else {
            throw AuditLogError(.tooLarge, "The event has \(payload.count) bytes; the log takes 65536.", path: path)
        }
        return payload
    }

    // MARK: On the disk's thread

    private func drain() {
        while let deadline = queue.firstDeadline() {
            do {
                try commitWaiting(until: deadline)
                queue.takeInFlight().forEach { $0.finish(.success(())) }
            } catch {
                fail(with: error)
            }
        }
    }

    private func commitWaiting(until deadline: Int64) throws {
        guard let store else { throw closedError }
        do {
            try store.begin(until: deadline)
            for event in ownEvents { try store.append(encode(event)) }
            // Events that arrive while others are written still share the commit.
            while case let events = queue.take(256), !events.isEmpty {
                for event in events { try store.append(event.payload) }
            }
            try store.commit()
            ownEvents = []
        } catch {
            store.rollBack()
            throw error
        }
    }

    private func fail(with error: any Error) {
        queue.putBack()
        let isBusy = (error as? AuditLogError)?.code == .busy
        let now = isBusy ? Monotonic.now : Int64.max
        queue.takeOverdue(at: now).forEach { $0.finish(.failure(error)) }
    }

    /// Commits what waits and closes the file.
    ///
    /// Later events are refused.
    public func close() {
        queue.close()
        drain()
        store = nil
    }
}
