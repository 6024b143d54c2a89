import LibpqClient
import PGConninfo
import RDSIAMBasics

/// What a connection string comes to: the parameters that libpq gets, and the tokens they still lack.
struct ConnectionPlan: Sendable {
    /// The parameters for libpq, without ours: all defaults filled in, those of a service included.
    let conninfo: Conninfo
    /// The generator to ask for tokens, or `nil` if none is named and the connection is libpq's alone.
    let generator: String?
    /// The servers to log in to with tokens, in the order in which libpq would try them; empty without a generator.
    let targets: [TokenTarget]
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
        let keyword = Conninfo.ExtensionKeywords.generatorKeyword
        generator = try given.bytes(ofExtension: keyword)?.text(of: keyword)
        namesEncoding = given.contains(.clientEncoding)
        guard generator != nil else {
            let resolved = try given.resolve(in: environment)
            targets = []
            conninfo = resolved.parameters.forLibpq
            // What libpq would refuse while it dials.
            (_, _) = (try resolved.endpoints(), try resolved.connectTimeout)
            return
        }
        let resolved = try TLSPolicy.resolve(given, in: environment)
        targets = try resolved.tokenTargets()
        try resolved.validate()
        _ = try resolved.connectTimeout
        var conninfo = resolved.parameters.forLibpq
        if !TLSPolicy.makesStoredPasswords(generator) { conninfo = try conninfo.expectingPassword() }
        // In the form in which tokens name them.
        try conninfo.dial(targets.map(\.endpoint))
        self.conninfo = conninfo
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

    /// Whether a server must ask for the token, unless the parameters say otherwise: one that asks for nothing is not
    /// the one that the token is for.
    var requiresPassword: Bool { ["", "password"].contains(conninfo[.requireAuth] ?? "") }

    /// What is not safe about it: a warning for each host.
    var warnings: [ConnectOptions.Warning] {
        var warnings: [ConnectOptions.Warning] = []
        for request in targets.map(\.request) {
            guard let text = TLSPolicy.warning(about: conninfo, for: request, sources),
                !warnings.contains(where: { $0.host.isBytewiseEqual(to: request.host) })
            else { continue }
            warnings.append(ConnectOptions.Warning(description: text, host: request.host))
        }
        return warnings
    }
}

extension ResolvedConninfo {
    /// The servers to log in to with tokens.
    ///
    /// - Throws: `ConninfoError` for what libpq would refuse; ``RDSIAMError`` if no token could be valid for what the
    ///   parameters ask.
    fileprivate func tokenTargets() throws -> [TokenTarget] {
        let user = try parameters.bytes(of: .user)?.text(of: .user) ?? ""
        guard !user.isEmpty else { throw RDSIAMError.noUser }
        let endpoints = try endpoints()
        return try endpoints.indices.map { try TokenTarget($0, of: endpoints, user: user, self) }
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
