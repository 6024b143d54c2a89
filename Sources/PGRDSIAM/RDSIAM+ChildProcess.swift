public import AuthTokens
public import PGConninfo
public import RDSIAMSystem

extension RDSIAM {
    /// Returns the environment in which a child process such as psql or pg_dump logs in as the parameters say, with a
    /// token in `PGPASSWORD`.
    ///
    /// The child process needs no connection string. libpq's variables that it would inherit are left out: a service,
    /// which outranks all other variables, could name another server or do without TLS. Parameters that libpq reads
    /// from no variable, such as `keepalives`, are not passed on. The child process can begin to connect until the
    /// token expires, and so can everyone who may read its environment.
    ///
    /// ```swift
    /// let psql = Process()
    /// psql.environment = try await RDSIAM.psqlEnvironment(for: uri, overriding: ["dbname": "blog_test"])
    /// ```
    ///
    /// - Parameters:
    ///   - parameters: What says how to connect, to one host. See
    ///     ``connect(_:overriding:issuer:environment:options:)``.
    ///   - others: Keywords and values that count instead of those in `parameters`.
    ///   - issuer: Makes and records the token.
    ///   - environment: What unset parameters come from.
    ///   - inherited: The other variables of the child process; by default those of this process.
    /// - Returns: All variables of the child process, `PGPASSWORD` among them. Secret.
    /// - Throws: What connecting throws before anything is sent.
    public static func psqlEnvironment(
        for parameters: some ConnectionParameters,
        overriding others: [String: String] = [:],
        issuer: TokenIssuer = issuer,
        environment: ConninfoEnvironment = .process,
        inherited: [String: String] = ProcessInfo.processInfo.environment
    ) async throws -> [String: String] {
        let conninfo = try parameters.conninfo(for: issuer, overriding: others)
        let plan = try ConnectionPlan(conninfo, environment: environment)
        var settings = plan.conninfo
        if let issued = try await plan.onlyToken(from: issuer) {
            try settings.set(.password, to: issued.token.value)
            if let user = issued.token.user { try settings.set(.user, to: user) }
        }
        let rest = inherited.filter { !Conninfo.environmentVariables.contains($0.key) }
        return rest.merging(try settings.environmentVariablesForChild()) { $1 }
    }
}

extension ConnectionPlan {
    /// The token for the one server, or `nil` if no generator is named.
    ///
    /// - Throws: ``RDSIAMError`` if there are several, each with a token of its own; what the issuer throws.
    func onlyToken(from issuer: TokenIssuer) async throws -> IssuedToken? {
        guard let generator else { return nil }
        guard let target = targets.first, targets.allSatisfy({ $0.request == target.request }) else {
            throw RDSIAMError.severalHosts
        }
        return try await issuer.token(from: generator, for: target.request)
    }
}

extension Conninfo {
    /// The variables that have a say in what libpq connects to, and how.
    fileprivate static let environmentVariables = Set(
        Keyword.all.compactMap(\.environmentVariable) + ["PGREQUIRESSL", "PGSYSCONFDIR"]
    )

    /// Returns the parameters as the environment variables that libpq reads them from, if it reads any.
    ///
    /// - Throws: ``RDSIAMError`` for a value that is not UTF-8: without it, the child process would do without.
    fileprivate func environmentVariablesForChild() throws -> [String: String] {
        var variables: [String: String] = [:]
        for parameter in parameters {
            guard let name = parameter.keyword.environmentVariable else { continue }
            // Set and empty, it says the same as unset to libpq, but not to every other client.
            if parameter.bytes.isEmpty, [.host, .hostaddr].contains(parameter.keyword) { continue }
            variables[name] = try parameter.bytes.text(of: parameter.keyword.name)
        }
        return variables
    }
}
