import CLibpq
import RDSIAMSystem

/// Sends a statement and collects its results without blocking (libpq, "Asynchronous Command Processing").
///
/// What it throws may leave the statement running; ``LibpqRecovery`` then ends it.
struct LibpqQuery {
    private let handle: LibpqHandle
    private let traffic: LibpqTraffic

    init(_ handle: LibpqHandle, _ traffic: LibpqTraffic) {
        self.handle = handle
        self.traffic = traffic
    }

    /// Runs a statement to its end; a result for each statement in it.
    func run(_ statement: LibpqStatement) async throws -> [PGResult] {
        guard statement.send(to: handle) else { throw handle.breakage() }
        try await traffic.flush()
        return try await results()
    }

    /// Every result up to the end, then the first error among them.
    private func results() async throws -> [PGResult] {
        var results: [PGResult] = []
        var failure: PGRDSIAMError?
        do {
            while let result = try await nextResult() {
                if result.isCopy { throw PGRDSIAMError.copy }
                failure = failure ?? result.failure
                results.append(result)
            }
        } catch let error as PGRDSIAMError where error.code == .connectionFailed {
            throw handle.breakage(after: failure)
        }
        if handle.status != CONNECTION_OK { throw handle.breakage(after: failure) }
        if let failure { throw failure }
        return results
    }

    private func nextResult() async throws -> PGResult? {
        while PQisBusy(handle.pointer) == 1 { try await traffic.receive() }
        return PQgetResult(handle.pointer).map(PGResult.init)
    }
}

extension LibpqHandle {
    /// Why the connection broke: what the server said last, or else what libpq says.
    func breakage(after failure: PGRDSIAMError? = nil) -> PGRDSIAMError {
        let message = failure?.message ?? LibpqErrorText(errorMessage).summary
        return PGRDSIAMError(.connectionFailed, message, sqlState: failure?.sqlState)
    }
}
