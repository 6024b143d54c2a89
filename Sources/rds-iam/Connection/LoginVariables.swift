#if Command
import AuthTokens
import PGRDSIAM
import RDSIAMSystem
import Synchronization

/// libpq's variables with which another program logs in.
struct LoginVariables {
    /// The variables, the token among them, and so secret.
    let variables: [String: String]
    /// When the token expires, or `nil` if that is not known.
    let expiresAt: Date?

    /// Makes and records a token, and closes the audit log.
    static func make(_ connection: ConnectionOptions, _ audit: AuditOptions) async throws -> Self {
        let expiry = Expiry()
        let variables = try await audit.withIssuer(expectsOneToken: true, observers: [expiry]) { issuer in
            try await connection.withParameters { parameters in
                try await RDSIAM.psqlEnvironment(for: parameters, issuer: issuer, inherited: [:])
            }
        }
        return LoginVariables(variables: variables, expiresAt: expiry.value)
    }
}

/// Notes when the token expires that the issuer makes.
private final class Expiry: TokenObserver {
    private let date = Mutex<Date?>(nil)

    var value: Date? { date.withLock { $0 } }

    func observe(_ observation: TokenObservation) {
        guard let expiry = observation.token?.expiresAt else { return }
        date.withLock { $0 = expiry }
    }
}
#endif
