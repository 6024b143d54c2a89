import AWSGenerators
@_exported public import AuthTokens
import CommandGenerator
@_exported public import LibpqClient
public import PGConninfo

/// Logs in to PostgreSQL through libpq with tokens instead of passwords.
///
/// One word in a connection string is all it takes; everything else in it means what libpq says it means:
///
/// ```swift
/// let connection = try await RDSIAM.connect(
///     "postgresql://andrew@db.example.com:5432/blog?aws_rds_iam_auth_token_generator=default"
/// )
/// ```
///
/// Other generators are registered at start-up, with the keywords they understand, and named in the same place:
///
/// ```swift
/// try RDSIAM.generators.add("vault", keywords: ["vault_role"]) { VaultGenerator() }
/// ```
public enum RDSIAM {
    /// The generators that connection strings may name.
    ///
    /// It starts with `default`, `rds`, `dsql`, `redshift`, `redshift-serverless`, `secrets-manager` and `command`. The
    /// last runs what `aws_rds_iam_command` says, once a program allows it:
    ///
    /// ```swift
    /// import CommandGenerator
    ///
    /// try RDSIAM.generators.add(.command(isAllowed: true), replacing: true)
    /// ```
    public static let generators = AuthTokenGeneratorRegistry(.aws + [.command()])

    /// The issuer that connections use unless they are given another: it knows ``generators`` and records nothing.
    public static let issuer = TokenIssuer(generators: generators)

    /// Connects as a connection string says, in either of libpq's forms.
    ///
    /// - Parameters:
    ///   - conninfo: A keyword/value string or a URI (libpq, "Connection Strings"). It may name several hosts.
    ///   - issuer: Makes, caches and records the tokens, and knows the generators and their keywords. Share one.
    ///   - environment: What unset parameters come from: environment variables, service file, user name. What is unset
    ///     there too, libpq looks for in the process's own variables.
    ///   - options: What to learn on the way.
    /// - Returns: A connection that is logged in.
    /// - Throws: `ConninfoError` or ``RDSIAMError`` if the string is at fault; what the issuer throws;
    ///   ``RDSIAMError`` if the server, or the way to it, is at fault, which may be retried; `CancellationError`.
    public static func connect(
        _ conninfo: String,
        issuer: TokenIssuer = issuer,
        environment: ConninfoEnvironment = .process,
        options: ConnectOptions = ConnectOptions()
    ) async throws -> PGConnection {
        let conninfo = try Conninfo.parse(conninfo, dialect: .linked, extensions: .init(issuer.generators))
        return try await connect(conninfo, issuer: issuer, environment: environment, options: options)
    }

    /// Connects as a dictionary of libpq's keywords says; values are taken as they are.
    ///
    /// Parameters and errors are those of ``connect(_:issuer:environment:options:)-(String,_,_,_)``.
    public static func connect(
        _ parameters: [String: String],
        issuer: TokenIssuer = issuer,
        environment: ConninfoEnvironment = .process,
        options: ConnectOptions = ConnectOptions()
    ) async throws -> PGConnection {
        let conninfo = try Conninfo(parameters, dialect: .linked, extensions: .init(issuer.generators))
        return try await connect(conninfo, issuer: issuer, environment: environment, options: options)
    }

    /// Connects as parsed parameters say.
    ///
    /// They must have been read with the keywords of the issuer's generators:
    ///
    /// ```swift
    /// let conninfo = try Conninfo.parse(string, dialect: .linked, extensions: .init(issuer.generators))
    /// ```
    ///
    /// Parameters and errors are those of ``connect(_:issuer:environment:options:)-(String,_,_,_)``.
    public static func connect(
        _ conninfo: Conninfo,
        issuer: TokenIssuer = issuer,
        environment: ConninfoEnvironment = .process,
        options: ConnectOptions = ConnectOptions()
    ) async throws -> PGConnection {
        let plan = try ConnectionPlan(conninfo, environment: environment)
        if let warning = plan.warning { options.warn?(warning) }
        let opener = ConnectionOpener(plan: plan, issuer: issuer)
        return try await PGConnection.open { try await opener.connect($0) }
    }

    /// Makes and records the token that connecting would log in with, for programs that connect by other means.
    ///
    /// - Returns: The token for the one host, or `nil` if the parameters name no generator.
    /// - Throws: What connecting throws before anything is sent, also if the parameters, or the environment, ask for
    ///   less than TLS; ``RDSIAMError`` if they name several hosts, each of which needs a token of its own.
    public static func token(
        for conninfo: Conninfo,
        issuer: TokenIssuer = issuer,
        environment: ConninfoEnvironment = .process
    ) async throws -> IssuedToken? {
        try await ConnectionPlan(conninfo, environment: environment).login?.onlyToken(from: issuer)
    }
}
