public import AuthTokens
public import PGConninfo

extension PGRDSIAM {
    /// The environment in which a child process such as psql or pg_dump logs in as the parameters say, with a fresh token in
    /// `PGPASSWORD`.
    ///
    /// Everything a connection would use is in it, so the child needs no connection string, and none of its own settings get in
    /// between. The child can begin to connect until the token expires; others who may read its environment can, too.
    ///
    /// - Parameters:
    ///   - conninfo: Parameters that name one host. See ``connect(_:issuer:environment:options:)-(Conninfo,_,_,_)``.
    ///   - issuer: Makes and records the token.
    ///   - environment: What unset parameters come from.
    /// - Returns: Variables to lay over the child's environment, `PGPASSWORD` among them. Secret.
    /// - Throws: What connecting throws before anything is sent.
    public static func psqlEnvironment(
        for conninfo: Conninfo,
        issuer: TokenIssuer = issuer,
        environment: ConninfoEnvironment = .process
    ) async throws -> [String: String] {
        let plan = try ConnectionPlan(conninfo, environment: environment)
        var parameters = plan.login == nil ? try plan.conninfo.resolve(in: environment).parameters : plan.conninfo
        if let login = plan.login {
            guard let token = try await HostTokens(login, from: issuer).common else { throw PGRDSIAMError.severalHosts }
            try parameters.set(.password, to: token.value)
            if let user = token.user { try parameters.set(.user, to: user) }
        }
        return parameters.environmentVariables
    }
}

extension Conninfo {
    /// The parameters as the environment variables that libpq reads them from, where it does.
    fileprivate var environmentVariables: [String: String] {
        var variables: [String: String] = [:]
        for parameter in parameters {
            if let name = parameter.keyword.environmentVariable { variables[name] = parameter.value }
        }
        return variables
    }
}
