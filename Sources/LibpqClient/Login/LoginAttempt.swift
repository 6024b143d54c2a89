import CLibpq
import RDSIAMSystem

/// Drives one connection from its beginning to the login (`PQconnectPoll`), waiting for the socket in between.
///
/// Sharing it is safe: one thread touches it at a time. The task that made it suspends until the loop, which calls
/// ``goOn()``, is done with it.
final class LoginAttempt: SocketWork, @unchecked Sendable {
    /// What an attempt must obey.
    struct Requirements: Sendable {
        /// The connection string, password included.
        let conninfo: [UInt8]
        /// The one endpoint that libpq may dial; `nil` if it may choose.
        let endpoint: PGEndpoint?
        /// How long it may take; `nil` for no limit.
        let timeout: Duration?
        let requiresTLS: Bool
        let requiresPassword: Bool
        /// Whether the server must have the properties that `target_session_attrs` names.
        let isSelective: Bool
        /// What no error may repeat.
        let secrets: [String]
    }

    private let handle: Handle
    private let requirements: Requirements
    private let isUnwanted: @Sendable () -> Bool
    private let deadline: ContinuousClock.Instant?
    private var step = PGRES_POLLING_WRITING
    /// How far the login has come.
    private var status = CONNECTION_STARTED
    /// Whether libpq was about to go on with an endpoint that the requirements do not name.
    private var isAstray = false

    /// - Parameters:
    ///   - handle: A connection that has begun.
    ///   - requirements: What to obey.
    ///   - isUnwanted: Whether to give up instead of going on.
    init(_ handle: Handle, _ requirements: Requirements, unless isUnwanted: @escaping @Sendable () -> Bool) {
        self.handle = handle
        self.requirements = requirements
        self.isUnwanted = isUnwanted
        deadline = requirements.timeout.map { .now + $0 }
    }

    /// Sends the first packet at once, so that the loop wakes when the server answers.
    ///
    /// The beginning of TLS takes long, and is left to the loop.
    func begin() {
        while step == PGRES_POLLING_WRITING, handle.status != CONNECTION_SSL_STARTUP, handle.isReady(for: POLLOUT) {
            goOnOnce()
        }
    }

    /// Returns when the user is logged in.
    ///
    /// - Throws: ``PGError`` if the login fails; `CancellationError`.
    func run(on loop: EventLoop) async throws {
        guard handle.status != CONNECTION_BAD else { throw failure }
        switch isOver ? .ready : await loop.wait(for: event, then: self) {
        case .ready: break
        case .canceled: throw CancellationError()
        case .timedOut: throw lateness
        }
        if isAstray { throw PGError.endpointMismatch(handle.endpoint, "libpq was dialing it") }
        guard step == PGRES_POLLING_OK else { throw failure }
        try verify()
        PQsetErrorVerbosity(handle.pointer, PQERRORS_DEFAULT)
    }

    func goOn() -> SocketEvent? {
        goOnOnce()
        return isOver ? nil : event
    }

    /// Lets libpq go on if it still dials what the requirements name: the password leaves within one of these steps.
    private func goOnOnce() {
        isAstray = !(requirements.endpoint?.matches(handle.endpoint) ?? true)
        status = handle.status
        step = isAstray || isUnwanted() ? PGRES_POLLING_FAILED : PQconnectPoll(handle.pointer)
    }

    /// Compares what libpq has made with the requirements, before the connection reaches the caller.
    private func verify() throws {
        let endpoint = handle.endpoint
        if let wanted = requirements.endpoint, !wanted.matches(endpoint) {
            throw PGError.endpointMismatch(endpoint, "libpq has logged in to it")
        }
        if requirements.requiresTLS, endpoint.address.isEmpty || PQsslInUse(handle.pointer) == 0 {
            throw PGError.endpointMismatch(endpoint, "libpq has logged in to it without TLS")
        }
        if requirements.requiresPassword, PQconnectionUsedPassword(handle.pointer) == 0 {
            throw PGError(
                .connectionFailed,
                "The server \(endpoint) let the user in without asking for a password. Check that it is the right one.",
                endpoint: endpoint
            )
        }
    }

    private var isOver: Bool { step == PGRES_POLLING_OK || step == PGRES_POLLING_FAILED }

    private var event: SocketEvent {
        SocketEvent(step == PGRES_POLLING_READING ? POLLIN : POLLOUT, on: handle.socket, until: deadline)
    }
}

// MARK: - Failures

extension LoginAttempt {
    private var endpoint: PGEndpoint { requirements.endpoint ?? handle.endpoint }

    private var lateness: PGError {
        let limit = requirements.timeout.map { Int($0.seconds) } ?? 0
        return told(
            PGError(.timedOut, "The server \(endpoint) did not answer within \(limit) seconds (connect_timeout).")
        )
    }

    private var failure: PGError {
        let text = LoginFailureText(handle.errorMessage, hiding: requirements.secrets)
        let server = text.server
        let code: PGError.Code =
            switch server?.sqlState {
            case let state? where state.hasBytePrefix("28"): .loginRefused
            case nil where requirements.isSelective && isAuthenticated: .unsuitableServer
            default: .connectionFailed
            }
        let verb = code == .loginRefused ? "refused the login" : "cannot be used"
        return told(PGError(code, "The server \(endpoint) \(verb): \(text.summary)", server: server))
    }

    private func told(_ error: PGError) -> PGError {
        var error = error
        error.endpoint = endpoint
        error.passwordWasUsed = PQconnectionUsedPassword(handle.pointer) == 1
        error.passwordWasAccepted = error.passwordWasUsed && (isAuthenticated || error.server?.isAfterLogin == true)
        let isUnreached = status == CONNECTION_STARTED || status == CONNECTION_NEEDED
        error.allowsNextServer =
            error.code == .timedOut || error.code == .unsuitableServer || error.sqlState == "57P03"
            || (isUnreached && error.code == .connectionFailed)
        return error
    }

    /// Whether the server has let the user in: it reports parameters after that, and libpq still has them.
    private var isAuthenticated: Bool { PQparameterStatus(handle.pointer, "server_version") != nil }
}

extension PGServerMessage {
    /// Whether a server sends it only to those whose password is right.
    ///
    /// libpq does not say how far the login came. A server that names its functions does, in any language: these come
    /// after the login (PostgreSQL, `postinit.c` and `miscinit.c`). Other servers tell by the SQLSTATE, if it is about
    /// what was asked for: a database, a right, a setting, or a limit.
    fileprivate var isAfterLogin: Bool {
        if let routine, ["InitializeSessionUserId", "InitPostgres", "CheckMyDatabase"].contains(routine) {
            return true
        }
        return ["3D", "42", "22", "53"].contains { sqlState.hasBytePrefix($0) }
    }
}
