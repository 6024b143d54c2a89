import AuthTokens
import PGConninfo
import RDSIAMSystem

/// Connects a session as its plan says, as often as it is asked to: with fresh tokens each time.
struct ConnectionOpener: Sendable {
    let plan: ConnectionPlan
    let issuer: TokenIssuer

    /// Connects and logs in.
    ///
    /// A login that is refused with a token from the cache is tried once more with a new token, unless that is the same
    /// text. Whether the token was from the cache is known before the attempt.
    func connect(_ session: LibpqSession) async throws -> PGConnection.Facts {
        guard let login = plan.login else { return try await LoginAttempt(plan: plan).run(session) }
        let tokens = try await HostTokens(login, from: issuer)
        do {
            return try await attempt(session, tokens)
        } catch let error as PGRDSIAMError where error.code == .loginRefused && tokens.mayBeStale(after: error) {
            let fresh = try await HostTokens(login, from: issuer)
            guard fresh.differ(from: tokens, after: error) else { throw error }
            return try await attempt(session, fresh)
        }
    }

    /// One attempt, put on record whether it succeeds or fails.
    private func attempt(_ session: LibpqSession, _ tokens: HostTokens) async throws -> PGConnection.Facts {
        let facts: PGConnection.Facts
        do {
            facts = try await LoginAttempt(plan: plan, tokens: tokens).run(session)
        } catch {
            let error = tokens.diagnosed(error, now: Date())
            let concerned = tokens.concerned(by: error)
            if (error as? PGRDSIAMError)?.code == .loginRefused { concerned.forEach(issuer.invalidate) }
            for issued in concerned { try? await issuer.recordOutcome(of: issued, error: error) }
            throw error
        }
        do {
            for issued in tokens.used(on: facts) { try await issuer.recordOutcome(of: issued) }
        } catch {
            session.close()
            throw error
        }
        return facts
    }
}
