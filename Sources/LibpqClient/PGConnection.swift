import CLibpq
package import RDSIAMSystem
import Synchronization

/// A connection to a PostgreSQL server, logged in.
///
/// ```swift
/// let connection = try await PGConnection.connect(PGLogin(["host": "db.example.com", "user": "andrew"]))
/// let result = try await connection.query("select name from users where id = $1", 7)
/// print(try result.rows[0].decode(String.self, "name"))
/// ```
///
/// It may be used from any task; statements run one after another, in the order in which they were asked for. It closes
/// when its last reference is gone, and at once with ``close()``.
public final class PGConnection: Sendable {
    /// Connects, as often as it is asked to: at first, and at each ``PGConnection/reset()``.
    ///
    /// It calls ``PGConnection/Dialer/connect(_:)`` and returns what that returned.
    package typealias Opener = @Sendable (Dialer) async throws -> Facts

    /// What connects one connection.
    package struct Dialer: Sendable {
        let session: Session

        /// Connects and logs in; an earlier connection is closed first.
        ///
        /// - Throws: ``PGError``; what the login's authenticator throws; `CancellationError`.
        package func connect(_ login: PGLogin) async throws -> Facts { try await session.connect(login) }
    }

    /// Who is connected where, and how.
    public var facts: Facts { state.withLock { $0 } }

    let session: Session
    private let state: Mutex<Facts>
    private let opener: Opener

    private init(_ session: Session, _ facts: Facts, _ opener: @escaping Opener) {
        self.session = session
        self.opener = opener
        state = Mutex(facts)
    }

    /// Connects and logs in.
    ///
    /// - Throws: ``PGError``, whose ``PGError/isRetryable`` says whether to try again; what the login's authenticator
    ///   throws; `CancellationError`.
    public static func connect(_ login: PGLogin) async throws -> PGConnection {
        try await open { try await $0.connect(login) }
    }

    /// Connects as `opener` says, at first and at each ``reset()``.
    package static func open(_ opener: @escaping Opener) async throws -> PGConnection {
        let session = try Session(on: EventLoop.next())
        return PGConnection(session, try await opener(Dialer(session: session)), opener)
    }

    /// Closes the connection and opens it again, with a fresh password if it was opened with one for each login.
    ///
    /// This is what brings a connection back after its server has gone away: libpq's own `PQreset` would send the old
    /// password, which may have expired since. A statement under way, and those that wait for their turn, fail: one may
    /// hang on a server that is gone.
    ///
    /// - Throws: What connecting throws; the connection is then closed, and may be reset again. ``PGError`` with the
    ///   code `invalidStatement` within a transaction, rows or a COPY of this task, which it would wait for.
    public func reset() async throws {
        guard Lease.innermost(on: session) == nil else { throw PGError.resetWithin }
        session.reopen()
        let facts = try await opener(Dialer(session: session))
        state.withLock { $0 = facts }
    }

    /// Closes the connection.
    ///
    /// A statement under way, and those that wait for their turn, fail with the code `closed`; one under way may or may
    /// not have taken effect. It may be called more than once.
    public func close() async {
        session.close()
    }

    /// Returns a parameter that the server reports, such as `TimeZone`, as it is now (libpq, `PQparameterStatus`).
    ///
    /// - Returns: The value, or `nil` if the server does not report that parameter.
    /// - Throws: ``PGError`` with the code `closed`; `CancellationError`.
    package func parameterStatus(_ name: String) async throws -> String? {
        try await session.use { traffic in
            PQparameterStatus(traffic.handle.pointer, name).map { String(cString: $0) }
        }
    }
}

extension PGConnection {
    /// Who is connected where, and how.
    public struct Facts: Sendable {
        /// The server's host name, as libpq dialed it.
        public let host: String
        /// The server's numeric address; empty for a Unix-domain socket.
        public let address: String
        /// The server's TCP port.
        public let port: String
        /// The user who is logged in.
        public let user: String
        /// The database that is open.
        public let database: String
        /// The version of TLS, such as `TLSv1.3`, or `nil` if there is none.
        public let tlsVersion: String?
        /// The server's version as a number, such as 150018 for 15.18 (libpq, `PQserverVersion`).
        public let serverVersion: Int
        /// The number of the process that serves the connection (libpq, `PQbackendPID`).
        public let processID: Int32
        /// Whether the server asked for a password (libpq, `PQconnectionUsedPassword`).
        public let passwordWasUsed: Bool
        /// When the password that logged in expires, or `nil` if that is not known.
        ///
        /// An opener may set it. The connection outlives it.
        package var passwordExpiresAt: Date?
        /// The failures of the servers and addresses that were tried before, in order.
        public internal(set) var earlierFailures: [any Error] = []

        /// The endpoint that was dialed.
        public var endpoint: PGEndpoint { PGEndpoint(host: host, address: address, port: port) }

        init(_ handle: Handle) {
            let endpoint = handle.endpoint
            (host, address, port) = (endpoint.host, endpoint.address, endpoint.port)
            user = handle.fact(PQuser)
            database = handle.fact(PQdb)
            tlsVersion = handle.tls("protocol")
            serverVersion = Int(PQserverVersion(handle.pointer))
            processID = PQbackendPID(handle.pointer)
            passwordWasUsed = PQconnectionUsedPassword(handle.pointer) == 1
        }
    }
}

/// What a server sends unasked, as it comes.
///
/// It begins when the sequence is made, so that nothing is missed between `LISTEN` and the first iteration, and ends
/// when the connection closes or breaks, or the task is canceled. What has not been fetched waits in memory. The
/// sequence holds its connection open. Iterate over it once; for another listener, make another.
public struct PGMessages<Element: Sendable>: AsyncSequence, Sendable {
    /// The iterator.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let connection: PGConnection
        private var inner: AsyncStream<Element>.Iterator
        private var hasBegun = false

        fileprivate init(_ connection: PGConnection, _ inner: AsyncStream<Element>.Iterator) {
            self.connection = connection
            self.inner = inner
        }

        /// The next message, or `nil` at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
            if !hasBegun { connection.session.listenWhileIdle() }
            hasBegun = true
            return await inner.next(isolation: actor)
        }

        /// The next message, or `nil` at the end.
        public mutating func next() async -> Element? { await next(isolation: nil) }
    }

    private let connection: PGConnection
    private let stream: AsyncStream<Element>

    fileprivate init(_ connection: PGConnection, _ stream: AsyncStream<Element>) {
        self.connection = connection
        self.stream = stream
    }

    /// An iterator; one is enough.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(connection, stream.makeAsyncIterator()) }
}

extension PGConnection {
    /// What `NOTIFY` sends to the channels that this connection listens on.
    ///
    /// ```swift
    /// let notifications = connection.notifications
    /// _ = try await connection.execute("LISTEN jobs")
    /// for await notification in notifications { print(notification.payload) }
    /// ```
    ///
    /// Statements may run at the same time and come first. `LISTEN` belongs to the server's session: after `reset()` it
    /// must be repeated, and sequences that were waiting go on. See ``PGMessages`` for when it begins and ends.
    public var notifications: PGMessages<PGNotification> { PGMessages(self, session.inbox.listenToNotifications()) }

    /// The notices and warnings that the server sends from now on; without a listener they are dropped, never printed.
    ///
    /// See ``PGMessages`` for when it begins and ends.
    public var notices: PGMessages<PGServerMessage> { PGMessages(self, session.inbox.listenToNotices()) }
}
