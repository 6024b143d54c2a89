import LibpqClient
import PGConninfo

/// What a connection string comes to: the parameters that libpq gets, and the tokens they still lack.
struct ConnectionPlan: Sendable {
    /// The parameters for libpq, without ours: all defaults filled in, those of a service included.
    let conninfo: Conninfo
    /// How to log in with tokens, or `nil` if no generator is named and the connection is libpq's alone.
    let login: TokenLogin?
    /// Where the parameters come from.
    let sources: SettingSources
    /// Whether the connection string itself names the encoding of text.
    private let namesEncoding: Bool

    /// Decides everything about a connection that can be decided before anything is sent.
    ///
    /// - Throws: `ConninfoError` for what libpq would refuse; ``RDSIAMError`` for what would send a token the wrong
    ///   way.
    init(_ given: Conninfo, environment: ConninfoEnvironment) throws {
        sources = SettingSources(given: given, environment: environment)
        namesEncoding = given.contains(.clientEncoding)
        guard given.namesGenerator else {
            let resolved = try given.resolve(in: environment)
            login = nil
            try Self.check(resolved)
            conninfo = resolved.parameters.forLibpq
            return
        }
        let resolved = try TLSPolicy.resolve(given, in: environment)
        let login = try TokenLogin(resolved)
        self.login = login
        try resolved.validate()
        var conninfo = try resolved.parameters.forLibpq.expectingPassword()
        // In the form in which tokens name them.
        try conninfo.dial(login?.hosts.map(\.endpoint) ?? [])
        self.conninfo = conninfo
        try Self.check(resolved)
    }

    /// Refuses what libpq would refuse while it dials.
    private static func check(_ resolved: ResolvedConninfo) throws {
        _ = try resolved.endpoints()
        _ = try resolved.connectTimeout
    }

    /// What `LibpqClient` gets.
    ///
    /// An encoding that a service or the environment names is for programs that print text.
    var parametersForLibpq: [PGLogin.Parameter] {
        conninfo.parameters.filter { namesEncoding || $0.keyword != .clientEncoding }
            .map { PGLogin.Parameter($0.keyword.name, $0.bytes) }
    }

    /// Whether every connection must have TLS: all but those to a tunnel on this machine that speaks it.
    var requiresTLS: Bool { conninfo[.sslmode] != "disable" }

    /// What is not safe about it.
    var warning: ConnectOptions.Warning? {
        guard let host = login?.hosts.first, let text = TLSPolicy.warning(about: conninfo, for: host.request, sources)
        else { return nil }
        return ConnectOptions.Warning(description: text, host: host.name)
    }
}

extension Conninfo {
    /// Sets the endpoints to dial, and nothing else: what is empty is set as well, so that libpq does not look for a
    /// default.
    ///
    /// - Throws: ``RDSIAMError`` if there is no endpoint, for libpq would then dial its default, a Unix socket.
    fileprivate mutating func dial(_ endpoints: [PGEndpoint]) throws {
        guard !endpoints.isEmpty else { throw RDSIAMError.noEndpoints }
        try set(.host, to: endpoints.map(\.host).joined(separator: ","))
        try set(.hostaddr, to: endpoints.map(\.address).joined(separator: ","))
        try set(.port, to: endpoints.map(\.port).joined(separator: ","))
    }

    /// What libpq may see.
    ///
    /// A service has said all it has to say, and the file that libpq would find may be another.
    fileprivate var forLibpq: Conninfo {
        var parameters = withoutExtensions
        parameters.remove(.service)
        parameters.remove(.servicefile)
        return parameters
    }

    /// Refuses every way of logging in but a password inside TLS, which is what RDS asks of IAM users, if libpq can and
    /// the parameters do not say otherwise: a server that asks for less, or for something else, is not the one the
    /// token is for.
    fileprivate func expectingPassword() throws(ConninfoError) -> Conninfo {
        guard dialect >= .v16, bytes(of: .requireAuth)?.isEmpty ?? true else { return self }
        var strict = self
        try strict.set(.requireAuth, to: "password")
        return strict
    }
}
