import AuthTokens
public import LibpqClient
import PGConninfo
public import RDSIAMSystem

/// Connects as a plan says, as often as it is asked to: with fresh tokens each time.
///
/// This is the one place in which a token becomes a password. It goes to the endpoint for which it was asked, and
/// `LibpqClient` closes the connection before the password leaves if libpq dials another one.
struct ConnectionOpener: Sendable {
    let plan: ConnectionPlan
    let issuer: TokenIssuer

    /// Connects and logs in.
    func connect(_ dialer: PGConnection.Dialer) async throws -> PGConnection.Facts {
        do {
            return try await dialer.connect(login)
        } catch let error as PGError where error.code != .closed {
            throw RDSIAMError(error)
        }
    }

    /// What the plan comes to for libpq, with a token for each server when its turn comes.
    var login: PGLogin {
        var login = PGLogin(plan.parametersForLibpq)
        guard let tokenLogin = plan.login else { return login }
        login.servers = tokenLogin.hosts.map(\.endpoint)
        login.requiresTLS = plan.requiresTLS
        login.authenticator = { [self] server, logIn in
            guard let host = tokenLogin.hosts.first(where: { $0.endpoint == server }) else {
                throw RDSIAMError.endpointMismatch(server.name)
            }
            let outcome = try await issuer.withToken(
                from: tokenLogin.generator,
                for: host.request,
                isRefusal: { ($0 as? RDSIAMError)?.isRefusalOfToken ?? false }
            ) { issued in
                try await self.logIn(with: issued, logIn)
            }
            return try outcome.get()
        }
        return login
    }

    /// One attempt with one token, whose failure names the causes that can be made out.
    ///
    /// - Returns: The facts, or the failure of a server that let the token in, but is not what `target_session_attrs`
    ///   asks for.
    private func logIn(
        with issued: IssuedToken,
        _ logIn: @Sendable (PGLogin.Credential) async throws -> PGConnection.Facts
    ) async throws -> Result<PGConnection.Facts, RDSIAMError> {
        do {
            let credential = PGLogin.Credential(password: issued.token.value, user: issued.token.user)
            var facts = try await logIn(credential)
            facts.passwordExpiresAt = issued.token.expiresAt
            return .success(facts)
        } catch let error as PGError where error.code == .unsuitableServer {
            return .failure(RDSIAMError(error))
        } catch let failure as PGError where failure.code != .closed {
            var error = RDSIAMError(failure)
            error.evidence = LoginEvidence(of: failure, with: issued, plan.conninfo, plan.sources)
            throw error
        }
    }
}

extension RDSIAMError {
    /// Whether the server refused the token, and nothing else.
    fileprivate var isRefusalOfToken: Bool { evidence?.isRefusalOfToken ?? false }

    /// What the client says of a failed login.
    fileprivate init(_ error: PGError) {
        let code: Code =
            switch error.code {
            case .loginRefused: .loginRefused
            case .endpointMismatch: .endpointMismatch
            case .timedOut: .timedOut
            case .system: .system
            case .invalidParameter, .unsupportedEncoding: .invalidRequest
            default: .connectionFailed
            }
        self.init(code, error.message, sqlState: error.sqlState, endpoint: error.endpoint?.name)
        passwordWasUsed = error.passwordWasUsed
        underlyingError = error
    }
}

extension PGConnection.Facts {
    /// When the token that logged in expires, or `nil` if no token did, or if that is not known.
    ///
    /// The connection outlives it.
    public var tokenExpiresAt: Date? { passwordExpiresAt }
}
