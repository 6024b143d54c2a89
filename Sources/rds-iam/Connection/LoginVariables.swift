#if Command
import AuthTokens
import PGConninfo
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
                let variables = try await RDSIAM.psqlEnvironment(for: parameters, issuer: issuer, inherited: [:])
                try warn(ofLostParameters: parameters)
                return variables
            }
        }
        return LoginVariables(variables: variables, expiresAt: expiry.value)
    }

    /// Names the parameters that libpq reads from no variable.
    private static func warn(ofLostParameters given: Conninfo) throws {
        let lost = try given.resolve(in: .process).parameters.parameters.filter { parameter in
            parameter.keyword.environmentVariable == nil && !parameter.bytes.isEmpty
        }
        guard !lost.isEmpty else { return }
        let names = lost.map(\.keyword.name).joined(separator: ", ")
        let reason = "libpq reads such parameters from no environment variable. Give them to the program itself."
        Main.printError("rds-iam: warning: Not passed on: \(names). \(reason)")
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
