import RDSIAMBasics
import Synchronization

/// Lets tasks through one at a time, in the order of their arrival.
final class Turns: Sendable {
    private let isTaken = Mutex(false)
    private let waiting = WaitingTasks<Void>()

    /// Returns when it is the caller's turn, which lasts until ``end()``.
    ///
    /// - Throws: `CancellationError` if the task is canceled before its turn comes.
    func begin() async throws {
        try Task.checkCancellation()
        // Suspending would cost the caller its thread.
        if beginIfFree() { return }
        try await waiting.wait { beginIfFree() ? () : nil }
    }

    /// Takes the turn if no task has it.
    ///
    /// - Returns: Whether it is now the caller's.
    func beginIfFree() -> Bool {
        isTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
    }

    /// Passes the turn on.
    func end() {
        waiting.resumeFirst(with: .success(())) { isTaken.withLock { $0 = false } }
    }
}

/// A turn that lasts for several statements: a transaction, or rows or copied bytes that are still coming.
///
/// The task that has it, and its child tasks, run statements within it; those of other tasks wait until it is over.
final class Lease: Sendable {
    /// The leases of the current task, the innermost last.
    @TaskLocal static var current: [Lease] = []

    /// The loop of its session.
    let loop: EventLoop
    /// The session, or `nil` once it has ended: a task that began in it, or rows that escaped, keep no connection.
    private let session: Mutex<Session?>
    /// Which connection of the session it is for.
    let generation: Int
    /// How many transactions of the same connection are around this one.
    let depth: Int
    /// Whether the connection is busy with one statement all the time, so that no other can run.
    let isStreaming: Bool
    let turns = Turns()

    init(_ session: Session, _ generation: Int, depth: Int, isStreaming: Bool) {
        self.session = Mutex(session)
        loop = session.loop
        self.generation = generation
        self.depth = depth
        self.isStreaming = isStreaming
    }

    /// Returns the lease of the current task on a session, or `nil` if it has none.
    ///
    /// A task that outlives the lease in which it began, which unstructured tasks may, has none.
    static func innermost(on session: Session) -> Lease? {
        current.last { $0.session.withLock { $0 === session } }
    }

    var hasEnded: Bool { session.withLock { $0 == nil } }

    /// Ends it, once no statement runs within it: a task that outlives it may have one under way.
    func end() async {
        session.withLock { $0 = nil }
        if !turns.beginIfFree() {
            // The caller's task may be canceled, and then could not wait.
            try? await Task { try await turns.begin() }.value
        }
        turns.end()
    }

    /// Lets `body` use the connection on the loop; a statement that fails leaves it idle, unless this lease is
    /// streaming.
    func use<Value: Sendable>(_ body: @Sendable (Traffic) async throws -> Value) async throws -> Value {
        try await turns.begin()
        defer { turns.end() }
        guard let session = session.withLock({ $0 }) else { throw PGError.leaseEnded }
        return try await session.use(within: self, body)
    }

    /// Drops the connection, which has broken.
    func drop() { session.withLock { $0 }?.drop() }

    /// Does the same as ``use(_:)``, although the task is canceled.
    func useUncanceled<Value: Sendable>(
        _ body: @escaping @Sendable (Traffic) async throws -> Value
    ) async throws -> Value {
        try await Task(executorPreference: loop) { try await self.use(body) }.value
    }
}

extension PGError {
    static let resetWithin = PGError(
        .invalidStatement,
        "The connection cannot be reset within a transaction, rows or a COPY of this task. Let that end first."
    )

    fileprivate static let leaseEnded = PGError(
        .invalidStatement,
        "The rows or bytes of a statement are used after the closure that got them. Use them within it."
    )
}
