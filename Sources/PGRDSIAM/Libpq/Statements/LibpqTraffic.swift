import CLibpq
import RDSIAMSystem

/// Moves bytes between libpq and its socket, waiting where there is nothing to move.
struct LibpqTraffic {
    private let handle: LibpqHandle
    private let loop: SocketLoop
    private let inbox: LibpqInbox
    private let deadline: ContinuousClock.Instant?

    init(_ handle: LibpqHandle, _ loop: SocketLoop, _ inbox: LibpqInbox, until deadline: ContinuousClock.Instant? = nil)
    {
        self.handle = handle
        self.loop = loop
        self.inbox = inbox
        self.deadline = deadline
    }

    /// Sends everything that waits to be sent, and reads meanwhile (`PQflush`).
    func flush() async throws {
        while true {
            switch PQflush(handle.pointer) {
            case 0: return
            case 1: try await wait(for: POLLIN | POLLOUT)
            default: throw handle.breakage()
            }
            try consume()
        }
    }

    /// Waits for bytes from the server, and reads them.
    func receive() async throws {
        // A socket that is always readable would otherwise never be late.
        if let deadline, deadline <= .now { throw Self.late }
        // What TLS has decrypted already will not make the socket readable.
        if !handle.hasBufferedInput { try await wait(for: POLLIN) }
        try consume()
    }

    /// Reads what is there (`PQconsumeInput`), messages that were not asked for included.
    func consume() throws {
        guard PQconsumeInput(handle.pointer) == 1 else { throw handle.breakage() }
        inbox.collect(from: handle)
    }

    private func wait(for events: some BinaryInteger) async throws {
        switch await loop.wait(for: SocketCondition(events, on: handle.socket, until: deadline)) {
        case .ready: return
        case .cancelled: throw CancellationError()
        case .timedOut: throw Self.late
        }
    }

    private static let late = PGRDSIAMError(.timedOut, "The server did not answer in time.")
}
