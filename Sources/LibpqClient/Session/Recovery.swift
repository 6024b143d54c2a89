import CLibpq
import RDSIAMSystem

/// Ends what a connection is still doing, so that the next statement finds it idle.
struct Recovery {
    /// How long one cancel request may take: one that reaches the server before its statement does has no effect.
    private static let timeoutOfRequest = Duration.milliseconds(500)

    private let handle: Handle
    private let loop: EventLoop
    private let inbox: Inbox
    private let deadline: ContinuousClock.Instant

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
    func run() async -> Bool {
        while handle.isAlive, .now < deadline {
            guard let request = CancelRequest(to: handle) else { return false }
            let isDrained = await drain(until: min(deadline, .now + Self.timeoutOfRequest))
            guard await request.isDone(by: deadline, loop) else { return false }
            if isDrained { return handle.isIdle }
        }
        return false
    }

    /// Returns whether what was under way came to its end by `limit`.
    private func drain(until limit: ContinuousClock.Instant) async -> Bool {
        let traffic = Traffic(handle, loop, inbox, until: limit)
        do {
            try await traffic.flush()
            repeat {
                while PQisBusy(handle.pointer) == 1 { try await traffic.receive() }
            } while try await discardResult(traffic)
            return true
        } catch {
            return false
        }
    }

    /// Throws one result away.
    ///
    /// - Returns: Whether there was one.
    private func discardResult(_ traffic: Traffic) async throws -> Bool {
        guard let result = PQgetResult(handle.pointer) else { return false }
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COPY_IN: try await traffic.endCopy(refusing: "the client has stopped the COPY")
        case PGRES_COPY_OUT: while try await traffic.nextCopyData() != nil {}
        case PGRES_COPY_BOTH: throw PGError.copy
        default: break
        }
        return true
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
        var ends: [Int32] = [-1, -1]
        guard let ticket = CancelTicket(handle), pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        readEnd = ends[0]
        let writeEnd = ends[1]
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
