import CLibpq

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Drives a connection that has begun to its end (`PQconnectPoll`), waiting for the socket in between.
struct LibpqLogin {
    private let handle: LibpqHandle
    private let loop: SocketLoop
    private let secret: String?
    private let deadline: ContinuousClock.Instant?

    init(_ handle: LibpqHandle, _ loop: SocketLoop, hiding secret: String?) {
        self.handle = handle
        self.loop = loop
        self.secret = secret
        deadline = handle.connectTimeout.map { .now + $0 }
    }

    /// Returns when the user is logged in.
    ///
    /// - Throws: ``PGRDSIAMError`` where the login fails or takes longer than `connect_timeout`; `CancellationError`.
    func run() async throws {
        guard handle.status != CONNECTION_BAD else { throw failure }
        var step = PGRES_POLLING_WRITING
        while step != PGRES_POLLING_OK {
            guard step != PGRES_POLLING_FAILED else { throw failure }
            try await wait(for: step)
            step = PQconnectPoll(handle.pointer)
        }
        PQsetErrorVerbosity(handle.pointer, PQERRORS_DEFAULT)
    }

    private func wait(for step: PostgresPollingStatusType) async throws {
        let events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT
        switch await loop.wait(for: Int16(events), on: handle.socket, until: deadline) {
        case .ready: return
        case .cancelled: throw CancellationError()
        case .timedOut: throw PGRDSIAMError(.timedOut, "\(place) did not answer within connect_timeout")
        }
    }

    private var failure: PGRDSIAMError {
        let text = LibpqErrorText(handle.errorMessage, hiding: secret)
        let isRefusal = text.sqlState?.hasPrefix("28") ?? false
        return PGRDSIAMError(isRefusal ? .loginRefused : .connectionFailed, text.summary, sqlState: text.sqlState)
    }

    private var place: String { "\(handle.fact(PQhost)):\(handle.fact(PQport))" }
}
