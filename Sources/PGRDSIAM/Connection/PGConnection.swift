public import RDSIAMSystem
import Synchronization

/// A connection to a PostgreSQL server, logged in.
///
/// It may be used from any task; statements run one after another, in the order in which they were asked for. It
/// closes when it is let go of, and at once with ``close()``.
public final class PGConnection: Sendable {
    /// Who is connected where, and how.
    public struct Facts: Sendable, Hashable {
        /// The server's host name, as libpq dialled it.
        public let host: String
        /// The server's TCP port.
        public let port: String
        /// The user who is logged in.
        public let user: String
        /// The database that is open.
        public let database: String
        /// The version of TLS, such as `TLSv1.3`; nil where there is none.
        public let tlsVersion: String?
        /// When the token that logged in expires; nil where no token did.
        ///
        /// The connection outlives it.
        public var tokenExpiresAt: Date?
    }

    /// Who is connected where, and how.
    public var facts: Facts { state.withLock { $0 } }

    private let state: Mutex<Facts>
    let session: LibpqSession
    private let opener: ConnectionOpener

    private init(_ session: LibpqSession, _ facts: Facts, _ opener: ConnectionOpener) {
        self.session = session
        self.opener = opener
        state = Mutex(facts)
    }

    /// Connects as `opener` says.
    static func open(_ opener: ConnectionOpener) async throws -> PGConnection {
        let session = try LibpqSession(on: SocketLoops.next())
        return PGConnection(session, try await opener.connect(session), opener)
    }

    /// Closes the connection and opens it anew, with a fresh token where one is needed.
    ///
    /// This is what brings a connection back after its server has gone away: libpq's own `PQreset` would send the old token, which
    /// may have expired since. A statement under way, and those that wait for their turn, fail: one may hang on a server that is gone.
    ///
    /// - Throws: What connecting throws; the connection is then closed, and may be reset again.
    public func reset() async throws {
        session.reopen()
        let facts = try await opener.connect(session)
        state.withLock { $0 = facts }
    }

    /// Runs one or more statements, separated by semicolons, in one go (libpq, `PQsendQuery`).
    ///
    /// - Returns: A result for each statement.
    /// - Throws: What ``query(_:_:resultFormat:)`` throws.
    public func execute(_ sql: String) async throws -> [PGResult] {
        try await session.run(LibpqStatement(sql))
    }

    /// Closes the connection.
    ///
    /// A statement under way, and those that wait for their turn, fail with the code `closed`; one under way may or may not have taken
    /// effect. It may be called more than once.
    public func close() async {
        session.close()
    }
}
