import AuthTokens
import PGConninfo

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

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
    public let facts: Facts
    private let session: LibpqSession

    private init(_ session: LibpqSession, _ facts: Facts) {
        self.session = session
        self.facts = facts
    }

    /// Connects with `conninfo`, and with `token` as the password where there is one.
    static func open(_ conninfo: Conninfo, token: AuthToken? = nil) async throws -> PGConnection {
        var conninfo = conninfo
        if let token {
            try conninfo.set(.password, to: token.value)
            if let user = token.user { try conninfo.set(.user, to: user) }
        }
        let session = try LibpqSession(on: SocketLoops.next())
        var facts = try await session.connect(conninfo.serialised(), hiding: token?.value)
        facts.tokenExpiresAt = token?.expiresAt
        return PGConnection(session, facts)
    }

    /// Runs one or more statements, separated by semicolons (libpq, `PQexec`).
    ///
    /// - Returns: A result for each statement.
    /// - Throws: ``PGRDSIAMError``: `queryFailed` with the SQLSTATE, `closed`, or `connectionFailed` where the
    ///   connection broke; `CancellationError` where the task was cancelled, which closes the connection.
    public func execute(_ sql: String) async throws -> [PGResult] {
        try await session.execute(sql)
    }

    /// Closes the connection.
    ///
    /// Statements that wait for their turn fail with the code `closed`.
    public func close() async {
        await session.close()
    }
}
