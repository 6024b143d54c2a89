import CLibpq
import RDSIAMSystem
import Synchronization

/// One libpq connection, used by whoever has its turn; anybody may close it meanwhile.
///
/// What takes libpq long, the cryptography of a login and the rows of a statement, it does on the loop's thread, where it holds up no
/// other task.
final class LibpqSession: Sendable {
    struct State {
        var handle: LibpqHandle?
        var isClosed = false
        /// Whether a login, a statement or a program's own calls have the turn.
        var isBusy = false
        /// The connection that the loop's thread is busy with.
        var running: LibpqHandle?
        /// Reads what comes while nobody has the turn.
        var listening: Task<Void, Never>?
    }

    let loop: SocketLoop
    let turns = Turns()
    let state = Mutex(State())
    /// Whom the server's unasked messages reach; it stays when the connection is opened anew.
    let inbox = LibpqInbox()

    init(on loop: SocketLoop) {
        self.loop = loop
    }

    deinit {
        state.withLock { $0.listening }?.cancel()
        inbox.finish()
    }

    /// Connects and logs in, unless the session is closed; an earlier connection is closed first.
    ///
    /// - Parameters:
    ///   - conninfo: A keyword/value string, password included, which names servers by their addresses.
    ///   - terms: How long it may take, and what no error may repeat.
    func connect(_ conninfo: [UInt8], _ terms: LoginTerms) async throws -> PGConnection.Facts {
        try await beginTurn()
        defer { endTurn() }
        try letGo()
        let handle = try LibpqHandle(connecting: conninfo)
        try await logIn(handle, terms)
        // Nothing that libpq does with it from here on waits, PQfinish included.
        PQsetnonblocking(handle.pointer, 1)
        try adopt(handle)
        return PGConnection.Facts(handle)
    }

    /// Lets go of an earlier connection.
    private func letGo() throws(PGRDSIAMError) {
        let (earlier, isClosed) = state.withLock { state in
            defer { state.handle = nil }
            return (state.handle, state.isClosed)
        }
        withExtendedLifetime(earlier) {}
        if isClosed { throw PGRDSIAMError.closed }
    }

    private func logIn(_ handle: LibpqHandle, _ terms: LoginTerms) async throws {
        let login = LibpqLogin(handle, terms) { [weak self] in self?.isClosed ?? true }
        login.begin()
        do {
            try await running(handle) { try await login.run(on: loop) }
        } catch {
            throw isClosed ? PGRDSIAMError.closed : error
        }
    }

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Takes over a connection that is logged in, unless the session was closed meanwhile.
    private func adopt(_ handle: LibpqHandle) throws(PGRDSIAMError) {
        let isClosed = state.withLock { state in
            guard !state.isClosed else { return true }
            state.handle = handle
            inbox.attach(to: handle)
            return false
        }
        if isClosed { throw PGRDSIAMError.closed }
    }

    /// Runs a statement when its turn has come.
    func run(_ statement: LibpqStatement) async throws -> [PGResult] {
        try await withTaskExecutorPreference(loop) {
            try await onTurn { handle in
                try await running(handle) {
                    try await LibpqQuery(handle, LibpqTraffic(handle, loop, inbox)).run(statement)
                }
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
                throw PGRDSIAMError.system("pthread_create", failure.number)
            }
        }
    }

    /// Closes the connection; what is under way on it ends with an error.
    func close() {
        let running = drop { state in
            state.isClosed = true
            inbox.finish()
            return state.running
        }
        interrupt(running)
    }

    /// Lets the session connect again, closed or not: lets go of the connection, and ends a statement that is under way on it.
    ///
    /// A login under way is left alone: whoever else wants a new connection is about to have one.
    func reopen() {
        let running = drop { state in
            state.isClosed = false
            return state.handle === state.running ? state.running : nil
        }
        interrupt(running)
    }

    /// PQfinish must wait until the loop has let go of the connection; this makes it do so.
    private func interrupt(_ running: LibpqHandle?) {
        guard let running else { return }
        Task(executorPreference: loop) {
            // The loop's thread alone knows whether the socket is still the connection's.
            self.state.withLock { if $0.running === running { _ = shutdown(running.socket, Int32(SHUT_RDWR)) } }
        }
    }

    /// Lets go of a connection that has broken.
    func drop() { drop { _ in inbox.finish() } }

    /// Lets go of the connection, which ends when nobody uses it any more.
    private func drop<Value>(_ change: (inout State) -> Value) -> Value {
        let (value, handle, listening) = state.withLock { state in
            let value = change(&state)
            defer { (state.handle, state.listening) = (nil, nil) }
            return (value, state.handle, state.listening)
        }
        listening?.cancel()
        // Outside the lock: it may be the last to let go.
        withExtendedLifetime(handle) {}
        return value
    }
}

// MARK: - Turns

extension LibpqSession {
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

    /// Lets `body` have the connection to itself, and leaves it idle or closed.
    private func onTurn<Value>(_ body: (LibpqHandle) async throws -> Value) async throws -> Value {
        try await beginTurn()
        defer { endTurn() }
        guard let handle = state.withLock({ $0.handle }) else { throw PGRDSIAMError.closed }
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(handle)) } catch { outcome = .failure(error) }
        await settle(handle)
        if case .failure = outcome, isClosed { throw PGRDSIAMError.closed }
        inbox.collect(from: handle)
        return try outcome.get()
    }

    /// Lets ``close()`` interrupt what `body` does with the connection on the loop's thread.
    private func running<Value>(_ handle: LibpqHandle, _ body: () async throws -> Value) async throws -> Value {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.running = handle }
            return state.isClosed
        }
        if isClosed { throw PGRDSIAMError.closed }
        defer { state.withLock { $0.running = nil } }
        return try await body()
    }

    /// Ends what is still under way on a connection, or else closes it.
    private func settle(_ handle: LibpqHandle) async {
        guard !handle.isIdle else { return }
        let isIdle = try? await running(handle) {
            // The caller's task may be cancelled, and then could not wait for anything; this one is not.
            await Task(executorPreference: loop) { [loop, inbox] in
                await LibpqRecovery(handle, loop, inbox).run()
            }.value
        }
        if isIdle == false { drop() }
    }
}

extension PGConnection.Facts {
    fileprivate init(_ handle: LibpqHandle) {
        host = handle.fact(PQhost)
        port = handle.fact(PQport)
        user = handle.fact(PQuser)
        database = handle.fact(PQdb)
        tlsVersion = handle.tls("protocol")
        tokenExpiresAt = nil
    }
}
