import PGConninfo

/// One walk of libpq's along the servers, each with its own token, each with its own time limit.
struct LoginAttempt {
    let plan: ConnectionPlan
    /// nil where the login is libpq's alone.
    var tokens: HostTokens?

    func run(_ session: LibpqSession) async throws -> PGConnection.Facts {
        var places = try await plan.places.lookedUp()
        var (conninfo, passfile) = try withPasswords()
        while true {
            do {
                if places != plan.places { try conninfo.dial(places) }
                var facts = try await session.connect(conninfo.serialised(), terms)
                facts.tokenExpiresAt = tokens?.used(on: facts).first?.token.expiresAt
                withExtendedLifetime(passfile) {}
                return facts
            } catch let timeout as PlaceTimedOut {
                places = places.remaining(after: timeout.place, in: plan.conninfo)
                guard !places.isEmpty else { throw timeout.error }
            } catch let error as PGRDSIAMError {
                throw error.at(places)
            }
        }
    }

    private var terms: LoginTerms {
        LoginTerms(timeLimit: plan.connectTimeout, secrets: tokens?.secrets ?? [])
    }

    /// The parameters with the one token as the password, or with a password file where there are several.
    private func withPasswords() throws -> (Conninfo, TokenPassfile?) {
        var conninfo = plan.conninfo
        guard let tokens else { return (conninfo, nil) }
        if let user = tokens.user { try conninfo.set(.user, to: user) }
        if let token = tokens.common {
            try conninfo.set(.password, to: token.value)
            return (conninfo, nil)
        }
        let passfile = try TokenPassfile(tokens.all.map { ($0.host, $0.issued.token.value) })
        // Set and empty: it keeps PGPASSWORD out and lets the password file in.
        try conninfo.set(.password, to: "")
        try conninfo.set(.passfile, to: passfile.path)
        return (conninfo, passfile)
    }
}

extension PGRDSIAMError {
    /// Names the server where only one was dialled.
    fileprivate func at(_ places: [Place]) -> PGRDSIAMError {
        guard code == .connectionFailed, let first = places.first, places.allSatisfy({ $0.endpoint == first.endpoint })
        else { return self }
        var error = self
        error.endpoint = first.endpoint
        return error
    }
}
