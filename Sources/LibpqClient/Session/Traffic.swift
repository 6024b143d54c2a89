import CLibpq
import RDSIAMSystem

/// Moves bytes between libpq and its socket, waiting when there is nothing to move, and collects results.
///
/// What it throws may leave a statement running; ``Recovery`` then ends it.
struct Traffic: Sendable {
    let handle: Handle
    private let loop: EventLoop
    private let inbox: Inbox
    private let deadline: ContinuousClock.Instant?

    init(_ handle: Handle, _ loop: EventLoop, _ inbox: Inbox, until deadline: ContinuousClock.Instant? = nil) {
        self.handle = handle
        self.loop = loop
        self.inbox = inbox
        self.deadline = deadline
    }

    /// Sends everything that waits to be sent, and reads at the same time (`PQflush`).
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
        if let deadline, deadline <= .now { throw PGError.late }
        // What TLS has decrypted already does not make the socket readable.
        if !handle.hasBufferedInput { try await wait(for: POLLIN) }
        try consume()
    }

    /// Reads what is there (`PQconsumeInput`), messages that were not asked for included.
    func consume() throws(PGError) {
        guard PQconsumeInput(handle.pointer) == 1 else { throw handle.breakage() }
        inbox.collect(from: handle)
    }

    /// Reads what is there, without waiting.
    ///
    /// - Returns: Whether anything was there.
    func consumeIfReadable() throws(PGError) -> Bool {
        guard handle.hasBufferedInput || handle.isReady(for: POLLIN) else { return false }
        try consume()
        return true
    }

    private func wait(for events: some BinaryInteger) async throws {
        switch await loop.wait(for: SocketEvent(events, on: handle.socket, until: deadline)) {
        case .ready: return
        case .canceled: throw CancellationError()
        case .timedOut: throw PGError.late
        }
    }
}

extension Traffic {
    /// Runs a statement to its end.
    ///
    /// - Returns: A result for each statement in it.
    func run(_ statement: Statement) async throws -> [PGResult] {
        try await send(statement)
        return try await results()
    }

    /// Gives a statement to libpq and sends it.
    func send(_ statement: Statement) async throws {
        guard try statement.send(to: handle) else { throw handle.breakage() }
        try await flush()
    }

    /// Collects every result up to the end, then throws the first error among them.
    func results() async throws -> [PGResult] {
        var results: [PGResult] = []
        var failure: PGError?
        do {
            while let result = try await nextResult() {
                if result.isCopy { throw PGError.copy }
                failure = failure ?? result.failure
                results.append(result)
            }
        } catch let error as PGError where error.code == .connectionFailed {
            throw handle.breakage(after: failure)
        }
        if handle.status != CONNECTION_OK { throw handle.breakage(after: failure) }
        if let failure { throw failure }
        return results
    }

    /// Waits for the next result of the statement under way, or returns `nil` at its end.
    func nextResult() async throws -> PGResult? {
        while PQisBusy(handle.pointer) == 1 { try await receive() }
        return takeResult()
    }

    /// Takes the next result, which must be there already, or returns `nil` at the statement's end.
    func takeResult() -> PGResult? {
        PQgetResult(handle.pointer).map { PGResult($0, isUTF8: handle.speaksUTF8) }
    }
}

extension PGError {
    static let copy = PGError(
        .copyNotPossible,
        "A statement began a COPY, which was stopped. Use copyIn or copyOut."
    )
}
