import CLibpq

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// One libpq connection, used by one thread at a time: its loop's, or the one that runs a program's own calls.
actor LibpqSession {
    private nonisolated let loop: SocketLoop
    private let turns = Turns()
    /// Whom the server's unasked messages reach; it stays when the connection is opened anew.
    nonisolated let inbox = LibpqInbox()

    private var handle: LibpqHandle?
    /// The connection whose statement is under way on the loop's thread.
    private var running: LibpqHandle?
    private var isClosed = false
    /// Reads what comes while no statement is under way.
    private var listening: Task<Void, Never>?

    /// The loop's thread, where libpq may take its time without holding up other tasks.
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(on loop: SocketLoop) {
        self.loop = loop
    }

    deinit {
        listening?.cancel()
        inbox.finish()
    }

    /// Connects and logs in; an earlier connection is closed first.
    ///
    /// - Parameters:
    ///   - conninfo: A keyword/value string, password included.
    ///   - terms: How long it may take, and what no error may repeat.
    nonisolated func connect(_ conninfo: [UInt8], _ terms: LoginTerms) async throws -> PGConnection.Facts {
        try await withTaskExecutorPreference(loop) { try await logIn(conninfo, terms) }
    }

    private func logIn(_ conninfo: [UInt8], _ terms: LoginTerms) async throws -> PGConnection.Facts {
        try await beginTurn()
        defer { endTurn() }
        handle = nil
        isClosed = false
        let handle = try LibpqHandle(connecting: conninfo)
        try await LibpqLogin(handle, terms).run(on: loop)
        guard !isClosed else { throw PGRDSIAMError.closed }
        self.handle = handle
        inbox.attach(to: handle)
        return PGConnection.Facts(handle)
    }

    /// Runs a statement when its turn has come.
    nonisolated func run(_ statement: LibpqStatement) async throws -> [PGResult] {
        try await withTaskExecutorPreference(loop) { try await runInTurn(statement) }
    }

    private func runInTurn(_ statement: LibpqStatement) async throws -> [PGResult] {
        try await onTurn { handle in
            running = handle
            defer { running = nil }
            return try await LibpqQuery(handle, LibpqTraffic(handle, loop, inbox)).run(statement)
        }
    }

    /// Runs a program's own calls, which may block, on a thread of their own.
    func withPointer<Value: Sendable>(
        _ body: @escaping @Sendable (OpaquePointer) throws -> Value
    ) async throws -> Value {
        try await onTurn { handle in
            PQsetnonblocking(handle.pointer, 0)
            defer { inbox.receiveNotices(of: handle) }
            let pointer = PassedPointer(handle.pointer)
            return try await DetachedThread.run { try body(pointer.value) }
        }
    }

    /// Closes the connection; what is under way on it ends with an error.
    func close() {
        isClosed = true
        // PQfinish must wait until the statement has let go of the connection; this makes it do so.
        if let running { _ = shutdown(running.socket, Int32(SHUT_RDWR)) }
        drop()
    }

    /// Hands on what the server sends unasked, for as long as no statement is under way and anybody listens.
    func listenWhileIdle() {
        guard inbox.isHeard, listening == nil, !turns.isTaken, let handle else { return }
        let news = SocketCondition(POLLIN, on: handle.socket)
        // It must not keep the session, and with it the connection, alive while nothing comes.
        listening = Task { [weak self, loop] in
            var goesOn = true
            while goesOn, await loop.wait(for: news) == .ready {
                goesOn = await self?.readUnasked() ?? false
            }
        }
    }

    /// Reads what came while nothing was under way; whether to wait for more.
    private func readUnasked() -> Bool {
        // Cancelled by a statement that has begun since, and that reads for itself.
        guard !Task.isCancelled, let handle else { return false }
        do {
            let traffic = LibpqTraffic(handle, loop, inbox)
            repeat { try traffic.consume() } while handle.hasBufferedInput
            return true
        } catch {
            drop()
            return false
        }
    }
}

// MARK: - Turns

extension LibpqSession {
    private func beginTurn() async throws {
        try await turns.begin()
        listening?.cancel()
        listening = nil
    }

    private func endTurn() {
        turns.end()
        listenWhileIdle()
    }

    /// Lets `body` have the connection to itself, and leaves it idle or closed.
    private func onTurn<Value>(_ body: (LibpqHandle) async throws -> Value) async throws -> Value {
        try await beginTurn()
        defer { endTurn() }
        guard let handle else { throw PGRDSIAMError.closed }
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(handle)) } catch { outcome = .failure(error) }
        await settle(handle)
        if isClosed, case .failure = outcome { throw PGRDSIAMError.closed }
        inbox.collect(from: handle)
        return try outcome.get()
    }

    /// Ends what is still under way on a connection, or else closes it.
    private func settle(_ handle: LibpqHandle) async {
        guard !handle.isIdle else { return }
        running = handle
        defer { running = nil }
        // The caller's task may be cancelled, and then could not wait for anything; this one is not.
        let isIdle = await Task { await LibpqRecovery(handle, loop, inbox).run() }.value
        if !isIdle, self.handle === handle { drop() }
    }

    private func drop() {
        listening?.cancel()
        listening = nil
        handle = nil
        inbox.finish()
    }
}

/// A pointer on its way to another thread.
///
/// Whoever passes it keeps its hands off until that thread is done.
private struct PassedPointer: @unchecked Sendable {
    let value: OpaquePointer
    init(_ value: OpaquePointer) { self.value = value }
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
