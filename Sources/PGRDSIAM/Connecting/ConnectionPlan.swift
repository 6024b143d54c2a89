import PGConninfo

/// What a connection string comes to: the parameters that libpq gets, and the tokens they still lack.
struct ConnectionPlan: Sendable {
    /// The parameters for libpq, without ours: all defaults filled in, those of a service included.
    let conninfo: Conninfo
    /// What libpq would try, in order, before names are looked up.
    ///
    /// Empty only if there is no generator and libpq looks the names up itself.
    let places: [Place]
    /// How to log in with tokens; nil where no generator is named, and the connection is libpq's alone.
    let login: TokenLogin?
    /// How long one server may take; `nil` for ever.
    let connectTimeout: Duration?

    /// Decides everything about a connection that can be decided before anything is sent.
    ///
    /// - Throws: `ConninfoError` for what libpq would refuse; ``PGRDSIAMError`` for what would send a token the wrong
    ///   way.
    init(_ given: Conninfo, environment: ConninfoEnvironment) throws {
        guard given.namesGenerator else {
            let resolved = try given.resolve(in: environment)
            login = nil
            // libpq may know what to do with a name that is not text.
            let places = try resolved.endpoints().map(Place.init(plain:))
            self.places = places.contains(nil) ? [] : places.compactMap { $0 }
            conninfo = resolved.parameters.forLibpq
            connectTimeout = try resolved.connectTimeout.map { .seconds($0) }
            return
        }
        let resolved = try TLSPolicy.resolve(given, in: environment)
        let login = try TokenLogin(resolved)
        self.login = login
        places = login?.hosts.map(\.place) ?? []
        try resolved.validate()
        var conninfo = try resolved.parameters.forLibpq.expectingPassword()
        // In the form in which tokens and the password file name them.
        try conninfo.dial(places)
        self.conninfo = conninfo
        connectTimeout = try resolved.connectTimeout.map { .seconds($0) }
    }

    /// What is not safe about it.
    var warning: ConnectOptions.Warning? {
        guard let host = login?.hosts.first, conninfo[.sslmode] == "require" else { return nil }
        let text = "The server's certificate is not checked. Set sslmode=verify-full and sslrootcert."
        return ConnectOptions.Warning(description: text, host: host.name)
    }
}

extension Conninfo {
    /// What libpq may see.
    ///
    /// A service has said all it has to say, and the file that libpq would find may be another.
    fileprivate var forLibpq: Conninfo {
        var parameters = withoutExtensions
        parameters.remove(.service)
        parameters.remove(.servicefile)
        return parameters
    }

    /// Refuses every way of logging in but a password inside TLS, which is what RDS asks of IAM users, where libpq can and
    /// nobody has said otherwise: a server that asks for less, or for something else, is not the one the token is for.
    fileprivate func expectingPassword() throws(ConninfoError) -> Conninfo {
        guard dialect >= .v16, bytes(of: .requireAuth)?.isEmpty ?? true else { return self }
        var strict = self
        try strict.set(.requireAuth, to: "password")
        return strict
    }
}
