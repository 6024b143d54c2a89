import AuthTokens
public import LibpqClient
import PGConninfo
public import RDSIAMSystem
import Synchronization

/// Connects as a plan says, as often as it is asked to: with fresh tokens each time.
///
/// This is the one place in which a token becomes a password. It goes to the endpoint for which it was asked, and
/// `LibpqClient` closes the connection before the password leaves if libpq dials another one.
struct ConnectionOpener: Sendable {
    let plan: ConnectionPlan
    let issuer: TokenIssuer

    /// Connects and logs in.
    func connect(_ dialer: PGConnection.Dialer) async throws -> PGConnection.Facts {
        let failures = LoginFailures()
        do {
            return try await dialer.connect(login(failures))
        } catch let error as PGError where error.code == .closed {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw failures.summary(error)
        }
    }

    /// What the plan comes to for libpq, with a token for each server when its turn comes.
    func login(_ failures: LoginFailures) -> PGLogin {
        var login = PGLogin(plan.parametersForLibpq)
        guard let generator = plan.generator else { return login }
        login.servers = plan.targets.map(\.endpoint)
        login.requiresTLS = plan.requiresTLS
        login.requiresPassword = plan.requiresPassword
        login.authenticator = { [self] server, logIn in
            guard let target = plan.targets.first(where: { $0.endpoint == server }) else {
                throw RDSIAMError.endpointMismatch(server.name)
            }
            do {
                return try await issuer.withToken(
                    from: generator,
                    for: target.request,
                    outcome: { ($0 as? RDSIAMError)?.outcome ?? .notJudged }
                ) { try await self.logIn(with: $0, logIn) }
            } catch {
                failures.add(error, of: server)
                throw error
            }
        }
        return login
    }

    /// One attempt with one token, whose failure names the causes that can be made out.
    private func logIn(
        with issued: IssuedToken,
        _ logIn: @Sendable (PGLogin.Credential) async throws -> PGConnection.Facts
    ) async throws -> PGConnection.Facts {
        do {
            let credential = PGLogin.Credential(password: issued.token.value, user: issued.token.user)
            var facts = try await logIn(credential)
            facts.passwordExpiresAt = issued.token.expiresAt
            try await record(facts.earlierFailures, of: issued)
            return facts
        } catch let failure as PGError where failure.code != .closed {
            try? await record(failure.earlierFailures, of: issued)
            var error = RDSIAMError(failure)
            error.evidence = LoginEvidence(of: failure, with: issued, plan.conninfo, plan.sources)
            throw error
        }
    }

    /// Records the addresses of a server that let the token in and are not what `target_session_attrs` asks for.
    private func record(_ failures: [any Error], of issued: IssuedToken) async throws {
        for case let failure as PGError in failures where failure.passwordWasAccepted {
            try await issuer.recordOutcome(of: issued)
        }
    }
}

/// What became of each server of one login.
final class LoginFailures: Sendable {
    private struct Failure {
        let error: any Error
        let server: PGEndpoint

        /// The failure with the server's name in it.
        var named: any Error {
            error is RDSIAMError ? error : RDSIAMError(error, makingTokenFor: server)
        }
    }

    private let failures = Mutex<[Failure]>([])

    func add(_ error: any Error, of server: PGEndpoint) {
        failures.withLock { $0.append(Failure(error: error, server: server)) }
    }

    /// The error to throw: of one server, its own; of several, that of the last one with those before it.
    func summary(_ error: any Error) -> any Error {
        let failures = failures.withLock { $0 }
        guard failures.count > 1, var last = failures.last?.named as? RDSIAMError else {
            return (error as? PGError).map { RDSIAMError($0) } ?? error
        }
        last.earlierFailures = failures.dropLast().map(\.named) + last.earlierFailures
        return last
    }
}

extension PGConnection.Facts {
    /// When the token that logged in expires, or `nil` if no token did, or if that is not known.
    ///
    /// The connection outlives it.
    public var tokenExpiresAt: Date? { passwordExpiresAt }
}
