import LibpqClient
@_exported public import RDSIAMBasics

/// Why a fleet's database cannot be used as it was asked to.
///
/// What the connection, the login or the log itself throws passes through as it is. Only `partitionMissing`
/// is about data; none is retryable, all need a correction first.
public struct FleetError: RetryableError, CustomStringConvertible {
    /// The kinds of failure; later versions may add more.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// The database has no schema `audit_fleet`, or the user may not use it.
        public static let notInstalled = Code(description: "notInstalled")
        /// A newer version of this package has made the schema.
        public static let newerSchema = Code(description: "newerSchema")
        /// The database does not store text as UTF-8.
        package static let unsuitableDatabase = Code(description: "unsuitableDatabase")
        /// The user may not do this.
        public static let notPermitted = Code(description: "notPermitted")
        /// A partition is gone, and nothing says that it was retired.
        package static let partitionMissing = Code(description: "partitionMissing")
        /// A parameter has no meaning, such as a month that is not over.
        package static let invalidArgument = Code(description: "invalidArgument")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, and what to do.
    public let message: String
    /// What the server said, or `nil` if it was not asked.
    public let underlyingError: (any Error)?

    /// Always `false`: something has to be corrected first.
    public var isRetryable: Bool { false }
    /// The message.
    public var description: String { message }

    init(_ code: Code, _ message: String, _ underlyingError: (any Error)? = nil) {
        (self.code, self.message, self.underlyingError) = (code, message, underlyingError)
    }

    /// Runs `body`, which needs a role, and says in the fleet's words what a server's error means.
    static func explaining<Value>(
        _ connection: PGConnection,
        _ role: FleetRole,
        _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            // What others have made in another schema must not take the place of PostgreSQL's own functions.
            _ = try await connection.execute("SET search_path = pg_catalog, pg_temp")
            return try await body()
        } catch let error as PGError {
            let user = try? await connection.parameterStatus("session_authorization")
            throw explained(error, role.advice(for: user.flatMap { $0 } ?? "who has logged in"))
        }
    }

    private static func explained(_ error: PGError, _ advice: String) -> any Error {
        let hint = error.server?.hint.map { " \($0)" } ?? ""
        switch error.sqlState {
        case "3F000", "42P01", "42883":
            let message = "The database has no audit fleet. Run: rds-iam audit fleet init CONNINFO."
            return FleetError(.notInstalled, message, error)
        case "42501":
            return FleetError(.notPermitted, "\(error.message)\(hint.isEmpty ? " " + advice : hint)", error)
        case "XX001": return FleetError(.partitionMissing, error.message + hint, error)
        case "22023": return FleetError(.invalidArgument, error.message + hint, error)
        default: return error
        }
    }
}

/// What a user must be to do something with a fleet.
enum FleetRole: String {
    case shipper, reader, retention, owner, installer

    func advice(for user: String) -> String {
        switch self {
        case .shipper, .reader, .retention:
            "The user \(user) needs the role audit_fleet_\(rawValue), which the schema's owner grants."
        case .owner: "Only the owner of the schema audit_fleet may do this, and the user is \(user)."
        case .installer:
            "Only the owner of the schema audit_fleet may do this, or, to make it, a user who may create schemas and roles "
                + "in the database; the user is \(user)."
        }
    }
}
