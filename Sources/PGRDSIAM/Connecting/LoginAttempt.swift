import PGConninfo
import RDSIAMBasics

/// One walk of libpq's along the servers, each with its own token, each with its own timeout.
///
/// This is the one place in which a token becomes a password for libpq, and it sets the servers at the same time: what
/// libpq is given names the endpoints of the plan and no others.
struct LoginAttempt {
    let plan: ConnectionPlan
    /// `nil` if the login is libpq's alone.
    var tokens: HostTokens?

    func run(_ session: LibpqSession) async throws -> PGConnection.Facts {
        var places = try await plan.places.lookedUp()
        let passfile = try tokens.flatMap { try $0.common == nil ? TokenPassfile($0.lines) : nil }
        // libpq opens the file by its descriptor's number, while it begins to connect.
        defer { withExtendedLifetime(passfile) {} }
        while true {
            do {
                let conninfo = try conninfo(dialing: places, passfile)
                var facts = try await session.connect(conninfo.serialized(), terms(for: places))
                facts.tokenExpiresAt = tokens?.used(on: facts).first?.token.expiresAt
                return facts
            } catch let timeout as PlaceTimedOut {
                places = places.remaining(after: timeout.place, in: plan.conninfo)
                guard !places.isEmpty else { throw timeout.error }
            } catch let error as PGRDSIAMError {
                throw error.at(places)
            }
        }
    }

    /// Returns what libpq gets: the parameters and, for logins with tokens, the places to dial with their passwords.
    ///
    /// Without tokens, the places are set only if names were looked up.
    ///
    /// - Throws: ``PGRDSIAMError`` with the code `noEndpoints` if there is no place, `endpointMismatch` if a token would
    ///   go along with a place that the plan does not name.
    func conninfo(dialing places: [Place], _ passfile: TokenPassfile?) throws -> Conninfo {
        var conninfo = plan.conninfo
        guard let tokens else {
            // What needs no look-up is libpq's to find, its own defaults among them.
            if places != plan.places { try conninfo.dial(places) }
            return conninfo
        }
        try conninfo.dial(places)
        if let stray = places.first(where: { !plan.allows($0) }) {
            throw PGRDSIAMError.endpointMismatch(stray.endpoint, "it is about to be dialed")
        }
        if let user = tokens.user { try conninfo.set(.user, to: user) }
        if let passfile {
            // Set and empty: it keeps PGPASSWORD out and lets the password file in.
            try conninfo.set(.password, to: "")
            try conninfo.set(.passfile, to: passfile.path)
        } else if let token = tokens.common {
            try conninfo.set(.password, to: token.value)
        }
        return conninfo
    }

    private func terms(for places: [Place]) -> LoginTerms {
        LoginTerms(
            timeLimit: plan.connectTimeout,
            secrets: tokens?.secrets ?? [],
            planned: tokens == nil ? nil : places
        )
    }
}

extension ConnectionPlan {
    /// Returns whether a token may go to a place: it is reached through TCP, and the plan names its host and port.
    fileprivate func allows(_ place: Place) -> Bool {
        place.isOnNetwork
            && places.contains { planned in
                planned.host.isBytewiseEqual(to: place.host) && planned.port.isBytewiseEqual(to: place.port)
                    && (planned.address.isEmpty || planned.address.isBytewiseEqual(to: place.address))
            }
    }
}

extension PGRDSIAMError {
    /// Names the server if only one was dialed.
    fileprivate func at(_ places: [Place]) -> PGRDSIAMError {
        guard code == .connectionFailed, let first = places.first,
            places.allSatisfy({ $0.endpoint.isBytewiseEqual(to: first.endpoint) })
        else { return self }
        var error = self
        error.endpoint = first.endpoint
        return error
    }
}
