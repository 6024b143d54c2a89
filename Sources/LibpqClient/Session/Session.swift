import CLibpq
import RDSIAMSystem
import Synchronization

/// One libpq connection, used by the task that has its turn; any task may close it at any time.
///
/// What takes libpq long, the cryptography of a login and the rows of a statement, runs on the loop's thread, where it
/// holds up no other task.
final class Session: Sendable {
    struct State {
        var handle: Handle?
        var isClosed = false
        /// How long the server may take to stop a statement.
        var cancellationTimeout = Duration.zero
        /// How often the session has been connected; a statement that waits for another connection fails.
        var generation = 0
        /// Whether a login, a statement or a program's own calls have the turn.
        var isBusy = false
        /// The connection that the loop's thread is busy with.
        var running: Handle?
        /// Reads what comes while no task has the turn.
        var listening: Task<Void, Never>?
    }

    let loop: EventLoop
    let turns = Turns()
    let state = Mutex(State())
    /// The listeners to the server's messages; they stay when the session is connected again.
    let inbox = Inbox()

    init(on loop: EventLoop) {
        self.loop = loop
    }

    deinit {
        state.withLock { $0.listening }?.cancel()
        inbox.finish()
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }
}

// MARK: - Connecting

extension Session {
    /// Connects and logs in, unless the session is closed; an earlier connection is closed first.
    func connect(_ login: PGLogin) async throws -> PGConnection.Facts {
        try await beginTurn()
        defer { endTurn() }
        try dropEarlier()
        state.withLock { $0.cancellationTimeout = login.cancellationTimeout }
        do {
            return try await ServerWalk(login: login) { try await self.attempt($0) }.run()
        } catch {
            // The authenticator may fail after a server has let the user in. Listeners wait for the next reset.
            drop { _ in }
            throw isClosed ? PGError.closed : error
        }
    }

    /// Closes an earlier connection.
    private func dropEarlier() throws(PGError) {
        let (earlier, isClosed) = state.withLock { state in
            defer { state.handle = nil }
            return (state.handle, state.isClosed)
        }
        withExtendedLifetime(earlier) {}
        if isClosed { throw PGError.closed }
    }

    func attempt(_ requirements: LoginAttempt.Requirements) async throws -> PGConnection.Facts {
        let handle = try Handle(connecting: requirements.conninfo)
        let attempt = LoginAttempt(handle, requirements) { [weak self] in self?.isClosed ?? true }
        attempt.begin()
        do {
            try await running(handle) { try await attempt.run(on: loop) }
        } catch {
            throw isClosed ? PGError.closed : error
        }
        // Nothing that libpq does with it from here on waits, PQfinish included.
        PQsetnonblocking(handle.pointer, 1)
        try adopt(handle)
        return PGConnection.Facts(handle)
    }

    /// Takes over a connection that is logged in, unless the session was closed in the meantime.
    private func adopt(_ handle: Handle) throws(PGError) {
        let isClosed = state.withLock { state in
            guard !state.isClosed else { return true }
            state.handle = handle
            state.generation += 1
            inbox.attach(to: handle)
            return false
        }
        if isClosed { throw PGError.closed }
    }
}

// MARK: - Closing

extension Session {
    /// Closes the connection; what is under way on it ends with an error.
    func close() {
        let running = drop { state in
            state.isClosed = true
            inbox.finish()
            return state.running
        }
        interrupt(running)
    }

    /// Lets the session connect again, closed or not: drops the connection, and ends a statement that is under way on
    /// it.
    ///
    /// A login under way goes on: it is about to give any other caller a new connection.
    func reopen() {
        let running = drop { state in
            state.isClosed = false
            return state.handle === state.running ? state.running : nil
        }
        interrupt(running)
    }

    /// Ends what the loop's thread does with the connection: `PQfinish` must wait until it is done.
    private func interrupt(_ running: Handle?) {
        guard let running else { return }
        Task(executorPreference: loop) {
            // The loop's thread alone knows whether the socket is still the connection's.
            self.state.withLock { if $0.running === running { _ = shutdown(running.socket, Int32(SHUT_RDWR)) } }
        }
    }

    /// Drops a connection that has broken.
    ///
    /// If a reset has dropped it already, the listeners wait for the next one.
    func drop() { drop { if $0.handle != nil { inbox.finish() } } }

    /// Drops the connection, which ends when nothing uses it any more.
    private func drop<Value>(_ change: (inout State) -> Value) -> Value {
        let (value, handle, listening) = state.withLock { state in
            let value = change(&state)
            defer { (state.handle, state.listening) = (nil, nil) }
            return (value, state.handle, state.listening)
        }
        listening?.cancel()
        // Outside the lock: this may be the last reference.
        withExtendedLifetime(handle) {}
        return value
    }
}

// MARK: - Turns

extension Session {
    /// Lets `body` use the connection on the loop, between the statements of other tasks, and leaves it idle or closed.
    func use<Value: Sendable>(_ body: @Sendable (Traffic) async throws -> Value) async throws -> Value {
        try await withTaskExecutorPreference(loop) {
            try await onTurn { handle in
                try await running(handle) { try await body(Traffic(handle, loop, inbox)) }
            }
        }
    }

    /// Runs a program's own calls, which may block, on a thread of their own.
    func withPointer<Value: Sendable>(
        _ body: @escaping @Sendable (OpaquePointer) throws -> Value
    ) async throws -> Value {
        try await onTurn { handle in
            defer { inbox.receiveNotices(of: handle) }
            do {
                return try await BlockingWork.run {
                    PQsetnonblocking(handle.pointer, 0)
                    defer { PQsetnonblocking(handle.pointer, 1) }
                    return try body(handle.pointer)
                }
            } catch let failure as BlockingWork.NoThread {
                throw PGError.system("pthread_create", failure.number)
            }
        }
    }

    /// Does the same for the task that has the turn already.
    func use<Value: Sendable>(
        within lease: Lease,
        _ body: @Sendable (Traffic) async throws -> Value
    ) async throws -> Value {
        guard let handle = state.withLock({ $0.generation == lease.generation ? $0.handle : nil }) else {
            throw PGError.closed
        }
        return try await withTaskExecutorPreference(loop) {
            try await outcome(of: handle, settles: !lease.isStreaming) {
                try await running(handle) { try await body(Traffic(handle, loop, inbox)) }
            }
        }
    }

    /// Reserves the connection for the statements of `body`, and leaves it idle or closed.
    func withLease<Value>(isStreaming: Bool, _ body: (Lease) async throws -> Value) async throws -> Value {
        try await onTurn { _ in
            let generation = state.withLock { $0.generation }
            let lease = Lease(
                self,
                generation,
                depth: (Lease.innermost(on: self)?.depth ?? -1) + 1,
                isStreaming: isStreaming
            )
            let outcome: Result<Value, any Error>
            do {
                let leases = Lease.current + [lease]
                outcome = .success(try await Lease.$current.withValue(leases) { try await body(lease) })
            } catch {
                outcome = .failure(error)
            }
            await lease.end()
            return try outcome.get()
        }
    }

    /// Lets `body` have the connection to itself, and leaves it idle or closed.
    private func onTurn<Value>(_ body: (Handle) async throws -> Value) async throws -> Value {
        let generation = state.withLock { $0.generation }
        let lease = try await beginInnermostTurn()
        defer { if let lease { lease.turns.end() } else { endTurn() } }
        guard let handle = state.withLock({ $0.generation == generation ? $0.handle : nil }) else {
            throw PGError.closed
        }
        return try await outcome(of: handle, settles: true) { try await body(handle) }
    }

    /// Begins a turn within the innermost lease of the current task, or else on the connection.
    ///
    /// - Returns: The lease, or `nil` if the turn is the connection's.
    private func beginInnermostTurn() async throws -> Lease? {
        while let lease = Lease.innermost(on: self) {
            guard !lease.isStreaming else { throw PGError.streaming }
            try await lease.turns.begin()
            // It may have ended while this task waited, which then has no part in it.
            guard lease.hasEnded else { return lease }
            lease.turns.end()
        }
        try await beginTurn()
        return nil
    }

    private func outcome<Value>(
        of handle: Handle,
        settles: Bool,
        _ body: () async throws -> Value
    ) async throws -> Value {
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        if settles { await settle(handle) }
        if case .failure = outcome, isClosed { throw PGError.closed }
        inbox.collect(from: handle)
        return try outcome.get()
    }

    private func beginTurn() async throws {
        try await turns.begin()
        let listening = state.withLock { state in
            defer { state.listening = nil }
            state.isBusy = true
            return state.listening
        }
        listening?.cancel()
    }

    private func endTurn() {
        // In one step: a reader that begins in between would find the turn taken, and give up.
        state.withLock { state in
            state.isBusy = false
            turns.end()
        }
        listenWhileIdle()
    }

    /// Lets ``close()`` interrupt what `body` does with the connection on the loop's thread.
    func running<Value>(_ handle: Handle, _ body: () async throws -> Value) async throws -> Value {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.running = handle }
            return state.isClosed
        }
        if isClosed { throw PGError.closed }
        defer { state.withLock { $0.running = nil } }
        return try await body()
    }

    /// Ends what is still under way on a connection, or else closes it.
    private func settle(_ handle: Handle) async {
        guard !handle.isIdle else { return }
        let timeout = state.withLock { $0.cancellationTimeout }
        let isIdle = try? await running(handle) {
            // The caller's task may be canceled, and then could not wait for anything; this one is not.
            await Task(executorPreference: loop) { [loop, inbox] in
                var recovery = Recovery(handle, loop, inbox, within: timeout)
                return await recovery.run()
            }.value
        }
        if isIdle == false { drop() }
    }
}

extension PGError {
    fileprivate static let streaming = PGError(
        .invalidStatement,
        "The connection is busy with rows or a COPY of this task. Finish it first, or use another connection."
    )
}
