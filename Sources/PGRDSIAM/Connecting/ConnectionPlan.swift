import PGConninfo

/// What a connection string comes to: the parameters that libpq gets, and the token they still lack.
struct ConnectionPlan {
    /// The parameters for libpq, without ours.
    let conninfo: Conninfo
    /// The token to log in with; nil where no generator is named, and the connection is libpq's alone.
    let login: TokenLogin?

    /// Decides everything about a connection that can be decided before anything is sent.
    ///
    /// - Throws: `ConninfoError` for what libpq would refuse; ``PGRDSIAMError`` for what would send a token the wrong
    ///   way.
    init(_ conninfo: Conninfo, environment: ConninfoEnvironment) throws {
        guard conninfo.generator != nil else {
            self.conninfo = conninfo.withoutExtensions
            login = nil
            return
        }
        let resolved = try TLSPolicy.resolve(conninfo, in: environment)
        login = try TokenLogin(resolved)
        self.conninfo = resolved.parameters.withoutExtensions
    }
}
