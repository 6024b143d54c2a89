import CLibpq
import RDSIAMSystem

/// A request to the server to stop what a connection is doing (`PQcancel`), on its way.
///
/// `PQcancel` dials the server and blocks until it has hung up; it does so on a thread of its own, and a pipe tells when it is done.
/// Until then the request may strike whatever the connection does next.
final class LibpqCancelRequest {
    private let readEnd: Int32

    /// Sends the request; nil where the system has no room for it.
    init?(to handle: LibpqHandle) {
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

    /// Whether the server has taken it, or never will, by `deadline`.
    func isDone(by deadline: ContinuousClock.Instant, _ loop: SocketLoop) async -> Bool {
        let hangUp = SocketCondition(POLLIN, on: readEnd, until: deadline)
        return await loop.wait(for: hangUp) == .ready
    }
}

/// The one owner of a `PGcancel`: what it takes to stop a connection's statement, without the connection.
private final class CancelTicket: Sendable {
    /// Made once, used by one thread, freed once; it shares nothing with its connection (libpq, `PQgetCancel`).
    private nonisolated(unsafe) let pointer: OpaquePointer

    init?(_ handle: LibpqHandle) {
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
