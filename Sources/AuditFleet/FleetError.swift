import LibpqClient
@_exported public import RDSIAMBasics

/// Why a fleet's database cannot be used as it was asked to.
///
/// What the connection, the login or the log itself throws passes through as it is. Only ``Code/partitionMissing``
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
        public static let unsuitableDatabase = Code(description: "unsuitableDatabase")
        /// The user may not do this.
        public static let notPermitted = Code(description: "notPermitted")
        /// A partition is gone, and nothing says that it was retired.
        public static let partitionMissing = Code(description: "partitionMissing")
        /// A parameter has no meaning, such as a month that is not over.
        public static let invalidArgument = Code(description: "invalidArgument")
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

    /// Runs `body` and says in the fleet's words what a server's error means.
    static func explaining<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as PGError { throw explained(error) }
    }

    private static func explained(_ error: PGError) -> any Error {
        let hint = error.server?.hint.map { " \($0)" } ?? ""
        switch error.sqlState {
        case "3F000", "42P01", "42883":
            let message = "The database has no audit fleet. Run: rds-iam audit fleet init CONNINFO."
            return FleetError(.notInstalled, message, error)
        case "42501":
            let advice = "Grant the user audit_fleet_shipper, audit_fleet_reader or audit_fleet_retention."
            return FleetError(.notPermitted, "\(error.message)\(hint.isEmpty ? " " + advice : hint)", error)
        case "XX001": return FleetError(.partitionMissing, error.message + hint, error)
        case "22023": return FleetError(.invalidArgument, error.message + hint, error)
        default: return error
        }
    }
}
