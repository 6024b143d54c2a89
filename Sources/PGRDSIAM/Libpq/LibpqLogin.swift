import CLibpq

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What a login has to keep to.
struct LoginTerms: Sendable {
    /// How long one server may take; nil for ever.
    var timeLimit: Duration?
    /// What no error may repeat.
    var secrets: [String] = []
}

/// A server that did not answer in time; others may.
struct PlaceTimedOut: Error {
    let place: Place

    var error: PGRDSIAMError {
        let endpoint = "\(place.host.isEmpty ? place.address : place.host):\(place.port)"
        return PGRDSIAMError(.timedOut, "\(endpoint) did not answer within connect_timeout", endpoint: endpoint)
    }
}

/// Drives a connection that has begun to its end (`PQconnectPoll`), waiting for the socket in between.
struct LibpqLogin {
    private let handle: LibpqHandle
    private let loop: SocketLoop
    private let terms: LoginTerms

    init(_ handle: LibpqHandle, _ loop: SocketLoop, _ terms: LoginTerms) {
        self.handle = handle
        self.loop = loop
        self.terms = terms
    }

    /// Returns when the user is logged in.
    ///
    /// - Throws: ``PGRDSIAMError`` where the login fails; ``PlaceTimedOut``; `CancellationError`.
    func run() async throws {
        guard handle.status != CONNECTION_BAD else { throw failure }
        var step = PGRES_POLLING_WRITING
        var place = handle.place
        var deadline = newDeadline
        while step != PGRES_POLLING_OK {
            guard step != PGRES_POLLING_FAILED else { throw failure }
            // libpq has gone on to the next server, which has all of the time.
            if handle.place != place { (place, deadline) = (handle.place, newDeadline) }
            try await wait(for: step, at: place, until: deadline)
            step = PQconnectPoll(handle.pointer)
        }
        PQsetErrorVerbosity(handle.pointer, PQERRORS_DEFAULT)
    }

    private func wait(
        for step: PostgresPollingStatusType,
        at place: Place,
        until deadline: ContinuousClock.Instant?
    ) async throws {
        let events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT
        switch await loop.wait(for: Int16(events), on: handle.socket, until: deadline) {
        case .ready: return
        case .cancelled: throw CancellationError()
        case .timedOut: throw PlaceTimedOut(place: place)
        }
    }

    private var newDeadline: ContinuousClock.Instant? { terms.timeLimit.map { .now + $0 } }

    private var failure: PGRDSIAMError {
        let text = LibpqErrorText(handle.errorMessage, hiding: terms.secrets)
        let isRefusal = text.sqlState?.hasPrefix("28") ?? false
        let place = handle.place
        return PGRDSIAMError(
            isRefusal ? .loginRefused : .connectionFailed,
            text.summary,
            sqlState: text.sqlState,
            endpoint: isRefusal ? "\(place.host.isEmpty ? place.address : place.host):\(place.port)" : nil
        )
    }
}
