import CLibpq
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

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
        /// The socket of the statement that is under way.
        var running: Int32?
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

    deinit { close() }

    /// Connects and logs in; an earlier connection is closed first.
    ///
    /// - Parameters:
    ///   - conninfo: A keyword/value string, password included, which names servers by their addresses.
    ///   - terms: How long it may take, and what no error may repeat.
    func connect(_ conninfo: [UInt8], _ terms: LoginTerms) async throws -> PGConnection.Facts {
        try await beginTurn()
        defer { endTurn() }
        state.withLock { $0.isClosed = false }
        release()
        let handle = try LibpqHandle(connecting: conninfo)
        try await LibpqLogin(handle, terms).run(on: loop)
        // Nothing that libpq does with it from here on waits, PQfinish included.
        PQsetnonblocking(handle.pointer, 1)
        try adopt(handle)
        return PGConnection.Facts(handle)
    }

    /// Connects where libpq has to look names up, which may take long.
    func connectLookingUpNames(_ conninfo: [UInt8], _ terms: LoginTerms) async throws -> PGConnection.Facts {
        try await withTaskExecutorPreference(loop) { try await connect(conninfo, terms) }
    }

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
            return try await DetachedThread.run {
                PQsetnonblocking(handle.pointer, 0)
                defer { PQsetnonblocking(handle.pointer, 1) }
                return try body(handle.pointer)
            }
        }
    }

    /// Closes the connection; what is under way on it ends with an error.
    func close() {
        state.withLock { state in
            state.isClosed = true
            // PQfinish must wait until the statement has let go of the connection; this makes it do so.
            if let socket = state.running { _ = shutdown(socket, Int32(SHUT_RDWR)) }
        }
        drop()
    }

    func drop() {
        release()
        inbox.finish()
    }

    /// Lets go of the connection, which ends when nobody uses it any more.
    private func release() {
        let (handle, listening) = state.withLock { state in
            defer { (state.handle, state.listening) = (nil, nil) }
            return (state.handle, state.listening)
        }
        listening?.cancel()
        // Outside the lock: it may be the last to let go.
        withExtendedLifetime(handle) {}
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
        state.withLock { $0.isBusy = false }
        turns.end()
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
        if case .failure = outcome, state.withLock({ $0.isClosed }) { throw PGRDSIAMError.closed }
        inbox.collect(from: handle)
        return try outcome.get()
    }

    /// Lets ``close()`` interrupt what `body` does on the connection.
    private func running<Value>(_ handle: LibpqHandle, _ body: () async throws -> Value) async throws -> Value {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.running = handle.socket }
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
