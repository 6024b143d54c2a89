import CLibpq

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Sends statements and collects their results without blocking (libpq, "Asynchronous Command Processing").
struct LibpqQuery {
    private let handle: LibpqHandle
    private let loop: SocketLoop

    init(_ handle: LibpqHandle, _ loop: SocketLoop) {
        self.handle = handle
        self.loop = loop
    }

    /// Runs every statement in `sql`.
    func run(_ sql: String) async throws -> [PGResult] {
        PQsetnonblocking(handle.pointer, 1)
        guard PQsendQuery(handle.pointer, sql) == 1 else { throw broken }
        try await flush()
        return try await results()
    }

    private func flush() async throws {
        while true {
            switch PQflush(handle.pointer) {
            case 0: return
            case 1: try await wait(for: POLLIN | POLLOUT)
            default: throw broken
            }
            try consumeInput()
        }
    }

    /// Every result up to the end, then the first error among them.
    private func results() async throws -> [PGResult] {
        var results: [PGResult] = []
        var failure: PGRDSIAMError?
        while let result = try await nextResult() {
            if result.isCopy { throw Self.copy }
            failure = failure ?? result.failure
            results.append(result)
        }
        if handle.status != CONNECTION_OK { throw broken }
        if let failure { throw failure }
        return results
    }

    private func nextResult() async throws -> PGResult? {
        while PQisBusy(handle.pointer) == 1 {
            try await wait(for: POLLIN)
            try consumeInput()
        }
        return PQgetResult(handle.pointer).map(PGResult.init)
    }

    private func consumeInput() throws {
        guard PQconsumeInput(handle.pointer) == 1 else { throw broken }
    }

    private func wait(for events: some BinaryInteger) async throws {
        if await loop.wait(for: Int16(events), on: handle.socket, until: nil) == .cancelled {
            throw CancellationError()
        }
    }

    private var broken: PGRDSIAMError {
        PGRDSIAMError(.connectionFailed, LibpqErrorText(handle.errorMessage).summary)
    }

    private static let copy = PGRDSIAMError(.closed, "COPY is not supported here; the connection was closed")
}
