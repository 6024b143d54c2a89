import CLibpq
import RDSIAMSystem

/// What a login has to keep to.
struct LoginTerms: Sendable {
    /// How long one server may take; `nil` for ever.
    var timeLimit: Duration?
    /// What no error may repeat.
    var secrets: [String] = []
    /// The places that libpq may dial, inside TLS; `nil` if no token goes along and libpq may do as it likes.
    var planned: [Place]?
}

/// A server that did not answer in time; others may.
struct PlaceTimedOut: Error {
    let place: Place

    var error: PGRDSIAMError {
        PGRDSIAMError(
            .timedOut,
            "\(place.endpoint) did not answer within connect_timeout.",
            endpoint: place.endpoint
        )
    }
}

/// Drives a connection that has begun to its end (`PQconnectPoll`), waiting for the socket in between.
///
/// Sharing it is safe: one thread touches it at a time. The task that made it suspends until its loop, which calls ``goOn()``, is
/// done with it.
final class LibpqLogin: SocketWork, @unchecked Sendable {
    private let handle: LibpqHandle
    private let terms: LoginTerms
    private var step = PGRES_POLLING_WRITING
    /// Whom libpq is dialling, and until when; known where that is limited.
    private var place: Place?
    private var deadline: ContinuousClock.Instant?
    /// Whether libpq was about to go on with a server that the plan does not name.
    private var isAstray = false

    private let isUnwanted: @Sendable () -> Bool

    /// - Parameters:
    ///   - handle: A connection that has begun.
    ///   - terms: What to keep to.
    ///   - isUnwanted: Whether to give up instead of going on, be it with the next server.
    init(_ handle: LibpqHandle, _ terms: LoginTerms, unless isUnwanted: @escaping @Sendable () -> Bool) {
        self.handle = handle
        self.terms = terms
        self.isUnwanted = isUnwanted
    }

    /// Sends the first packet at once, so that the loop wakes while the server answers.
    ///
    /// What TLS begins with takes long, and is left to the loop.
    func begin() {
        while step == PGRES_POLLING_WRITING, handle.status != CONNECTION_SSL_STARTUP, handle.isWritable {
            goOnOnce()
        }
    }

    /// Returns when the user is logged in.
    ///
    /// - Throws: ``PGRDSIAMError`` if the login fails, or if libpq is not where the plan says; ``PlaceTimedOut``;
    ///   `CancellationError`.
    func run(on loop: SocketLoop) async throws {
        guard handle.status != CONNECTION_BAD else { throw failure }
        let outcome = isOver ? .ready : await loop.wait(for: condition, then: self)
        switch outcome {
        case .ready: break
        case .cancelled: throw CancellationError()
        case .timedOut: throw PlaceTimedOut(place: place ?? handle.place)
        }
        if isAstray { throw PGRDSIAMError.endpointMismatch(handle.place.endpoint, "libpq was dialing it") }
        guard step == PGRES_POLLING_OK else { throw failure }
        try verify()
        PQsetErrorVerbosity(handle.pointer, PQERRORS_DEFAULT)
    }

    func goOn() -> SocketCondition? {
        goOnOnce()
        return isOver ? nil : condition
    }

    /// Lets libpq go on if it still dials what the plan names: the password leaves within one of these steps.
    private func goOnOnce() {
        isAstray = !(terms.planned?.contains { $0.isMeant(by: handle.place) } ?? true)
        step = isAstray || isUnwanted() ? PGRES_POLLING_FAILED : PQconnectPoll(handle.pointer)
    }

    /// Compares what libpq has made with what was planned, before the connection reaches the caller.
    private func verify() throws {
        guard let planned = terms.planned else { return }
        let place = handle.place
        guard !place.address.isEmpty, planned.contains(where: { $0.isMeant(by: place) }) else {
            throw PGRDSIAMError.endpointMismatch(place.endpoint, "libpq has logged in to it")
        }
        guard PQsslInUse(handle.pointer) == 1 else {
            throw PGRDSIAMError.endpointMismatch(place.endpoint, "libpq has logged in to it without TLS")
        }
    }

    private var isOver: Bool { step == PGRES_POLLING_OK || step == PGRES_POLLING_FAILED }

    private var condition: SocketCondition {
        limitTime()
        let events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT
        return SocketCondition(events, on: handle.socket, until: deadline)
    }

    /// Each server has all of the time.
    private func limitTime() {
        guard let limit = terms.timeLimit, handle.place != place else { return }
        (place, deadline) = (handle.place, .now + limit)
    }

    private var failure: PGRDSIAMError {
        let text = LibpqErrorText(handle.errorMessage, hiding: terms.secrets)
        let isRefusal = text.sqlState?.hasPrefix("28") ?? false
        return PGRDSIAMError(
            isRefusal ? .loginRefused : .connectionFailed,
            text.summary,
            sqlState: text.sqlState,
            endpoint: isRefusal ? handle.place.endpoint : nil
        )
    }
}
