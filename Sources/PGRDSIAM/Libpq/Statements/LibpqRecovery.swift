import CLibpq

/// Ends what a connection is still doing, so that the next statement finds it idle.
struct LibpqRecovery {
    /// How long it may take altogether, before the connection is given up.
    static let timeLimit = Duration.seconds(5)
    /// How long one request to stop is given: one that reaches the server before its statement does is without effect.
    private static let patience = Duration.milliseconds(500)

    private let handle: LibpqHandle
    private let loop: SocketLoop
    private let inbox: LibpqInbox
    private let deadline: ContinuousClock.Instant = .now + Self.timeLimit

    init(_ handle: LibpqHandle, _ loop: SocketLoop, _ inbox: LibpqInbox) {
        self.handle = handle
        self.loop = loop
        self.inbox = inbox
    }

    /// Whether the connection is idle now; where it is not, it can only be closed.
    ///
    /// It must run in a task that is not cancelled.
    func run() async -> Bool {
        while handle.isAlive, .now < deadline {
            guard let request = LibpqCancelRequest(to: handle) else { return false }
            let isDrained = await drain(until: min(deadline, .now + Self.patience))
            guard await request.isDone(by: deadline, loop) else { return false }
            if isDrained { return handle.isIdle }
        }
        return false
    }

    /// Whether what was under way came to its end by `limit`.
    private func drain(until limit: ContinuousClock.Instant) async -> Bool {
        let traffic = LibpqTraffic(handle, loop, inbox, until: limit)
        do {
            try await traffic.flush()
            repeat {
                while PQisBusy(handle.pointer) == 1 { try await traffic.receive() }
            } while try await takeResult(traffic)
            return true
        } catch {
            return false
        }
    }

    /// Throws one result away; whether there was one.
    private func takeResult(_ traffic: LibpqTraffic) async throws -> Bool {
        guard let result = PQgetResult(handle.pointer) else { return false }
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COPY_IN: try await refuseCopyIn(traffic)
        case PGRES_COPY_OUT: try await discardCopyOut(traffic)
        case PGRES_COPY_BOTH: throw PGRDSIAMError.copy
        default: break
        }
        return true
    }

    /// Makes the server's side of `COPY … FROM STDIN` fail (`PQputCopyEnd`).
    private func refuseCopyIn(_ traffic: LibpqTraffic) async throws {
        while true {
            switch PQputCopyEnd(handle.pointer, "the client takes no part in COPY") {
            case 1: return try await traffic.flush()
            case 0: try await traffic.flush()
            default: throw handle.breakage()
            }
        }
    }

    /// Reads what `COPY … TO STDOUT` sends (`PQgetCopyData`).
    private func discardCopyOut(_ traffic: LibpqTraffic) async throws {
        while true {
            var row: UnsafeMutablePointer<CChar>?
            switch PQgetCopyData(handle.pointer, &row, 1) {
            case 1...: PQfreemem(row)
            case 0: try await traffic.receive()
            default: return
            }
        }
    }
}

extension LibpqHandle {
    var isAlive: Bool { status == CONNECTION_OK }

    /// Whether the connection is ready for a statement: alive, with nothing under way and no pipeline open.
    var isIdle: Bool {
        guard isAlive, PQtransactionStatus(pointer) != PQTRANS_ACTIVE else { return false }
        return PQpipelineStatus(pointer) == PQ_PIPELINE_OFF || PQexitPipelineMode(pointer) == 1
    }
}
