import CLibpq
import RDSIAMSystem

/// Ends what a connection is still doing, so that the next statement finds it idle.
struct Recovery {
    /// How long one cancel request may take: one that reaches the server before its statement does has no effect.
    private static let timeoutOfRequest = Duration.milliseconds(500)
    /// What the server's error says of a COPY that this refused.
    private static let refusal = "the client has stopped the COPY"

    private let handle: Handle
    private let loop: EventLoop
    private let inbox: Inbox
    private let deadline: ContinuousClock.Instant
    /// Whether the server may answer once too often, so that each later statement would get the answer to the one
    /// before it.
    ///
    /// A server that reads the data of a COPY ignores the Sync that follows a statement with parameters. `PQputCopyEnd`
    /// sends another one, which is too many if the COPY fails before the server has read the first, as in a trigger
    /// that runs before the first row (PostgreSQL, "Message Flow", COPY Operations).
    private var mayBeOutOfStep = false

    /// - Parameter timeout: How long it may take altogether, before the connection is given up.
    init(_ handle: Handle, _ loop: EventLoop, _ inbox: Inbox, within timeout: Duration) {
        deadline = .now + timeout
        self.handle = handle
        self.loop = loop
        self.inbox = inbox
    }

    /// Returns whether the connection is idle now; otherwise it can only be closed.
    ///
    /// It must run in a task that is not canceled.
    mutating func run() async -> Bool {
        // A COPY that waits for data ends when it is refused, and needs no cancel request.
        if handle.takesCopyData, await drain() { return await isInStep() }
        while handle.isAlive, .now < deadline {
            guard let request = CancelRequest(to: handle) else { return false }
            let isDrained = await drain()
            guard await request.isDone(by: deadline, loop) else { return false }
            if isDrained { return await isInStep() }
        }
        return false
    }

    /// Returns whether what was under way came to its end within the time of one request.
    private mutating func drain() async -> Bool {
        let traffic = Traffic(handle, loop, inbox, until: min(deadline, .now + Self.timeoutOfRequest))
        do {
            try await traffic.flush()
            while let result = try await traffic.nextResult() { try await discard(result, traffic) }
            return true
        } catch {
            return false
        }
    }

    private mutating func discard(_ result: PGResult, _ traffic: Traffic) async throws {
        switch result.status {
        case PGRES_COPY_IN:
            mayBeOutOfStep = true
            try await traffic.endCopy(refusing: Self.refusal)
        case PGRES_COPY_OUT: while try await traffic.nextCopyData() != nil {}
        // libpq tells of the server's direction next.
        case PGRES_COPY_BOTH: try await traffic.endCopy()
        // The server has read the refusal, and so the Sync before it.
        case PGRES_FATAL_ERROR where result.failure?.message.contains(Self.refusal) == true: mayBeOutOfStep = false
        default: break
        }
    }

    /// Returns whether the connection is idle, and the next statement will get its own answer.
    private func isInStep() async -> Bool {
        guard mayBeOutOfStep, handle.isIdle else { return handle.isIdle }
        let answer = try? await Traffic(handle, loop, inbox, until: deadline).run(Statement("")).first
        return answer?.status == PGRES_EMPTY_QUERY && handle.isIdle
    }
}

/// A request to the server to stop what a connection is doing (`PQcancel`), on its way.
///
/// `PQcancel` dials the server and blocks until it has hung up. It runs on a thread of its own, and a pipe tells when
/// it is done. Until then the request may strike whatever the connection does next.
private final class CancelRequest {
    private let readEnd: Int32

    /// Sends the request, or returns `nil` if the system has no room for it.
    init?(to handle: Handle) {
        // A child process that inherits the pipe would hold back its end.
        guard let ticket = CancelTicket(handle), let pipe = makePipe() else { return nil }
        readEnd = pipe.readEnd
        let writeEnd = pipe.writeEnd
        do {
            try BlockingWork.start {
                ticket.use()
                close(writeEnd)
            }
        } catch {
            close(writeEnd)
            return nil
        }
    }

    deinit { close(readEnd) }

    /// Returns whether the server has taken it, or never will, by `deadline`.
    func isDone(by deadline: ContinuousClock.Instant, _ loop: EventLoop) async -> Bool {
        let hangUp = SocketEvent(POLLIN, on: readEnd, until: deadline)
        return await loop.wait(for: hangUp) == .ready
    }
}

/// The one owner of a `PGcancel`: what it takes to stop a connection's statement, without the connection.
private final class CancelTicket: Sendable {
    /// Made once, used by one thread, freed once; it shares nothing with its connection (libpq, `PQgetCancel`).
    private nonisolated(unsafe) let pointer: OpaquePointer

    init?(_ handle: Handle) {
        guard let pointer = PQgetCancel(handle.pointer) else { return nil }
        self.pointer = pointer
    }

    deinit { PQfreeCancel(pointer) }

    func use() {
        // PQcancel does not guard against it: a server that dies just then would take the process along.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        var message = [CChar](repeating: 0, count: 256)
        PQcancel(pointer, &message, Int32(message.count))
    }
}
