public import AWSGenerators
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
/// A dictionary says the same, and may override parts of a connection string:
///
/// ```swift
/// let connection = try await RDSIAM.connect(uri, overriding: ["dbname": "blog_test"])
/// ```
///
/// Other generators are registered at start-up, with the keywords they understand, and named in the same place. Also at
/// start-up, ``bootstrap(audit:cache:observers:)`` says where tokens are recorded:
///
/// ```swift
/// try RDSIAM.generators.add("vault", keywords: ["vault_role"]) { VaultGenerator() }
/// RDSIAM.bootstrap(audit: .required(try await AuditLog.open(path)))
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

    /// The credential sources that connection strings may name with `aws_rds_iam_credentials`.
    ///
    /// It starts with `default`, `environment`, `profile`, `web-identity`, `container` and `imds`. A program registers
    /// others at start-up:
    ///
    /// ```swift
    /// try RDSIAM.credentialSources.add("reporting") { .profile("reporting") }
    /// ```
    public static var credentialSources: AWSCredentialSourceRegistry { .shared }

    /// Connects as a connection string, a dictionary of libpq's keywords, or parsed parameters say.
    ///
    /// The connection closes when its last reference is gone, and with `close()`.
    ///
    /// - Parameters:
    ///   - parameters: What says how to connect. It may name several hosts.
    ///   - others: Keywords and values, taken as they are, that count instead of those in `parameters`. Each keyword
    ///     counts for itself, as in libpq and in Ruby's `PG.connect(uri, hash)`: `["host": …]` leaves a `hostaddr` of
    ///     the parameters as it is, and that address is dialed. Override it with `""` to have the new name looked up.
    ///   - issuer: Makes, caches and records the tokens, and knows the generators and their keywords. Share one.
    ///   - environment: What unset parameters come from: environment variables, service file, user name. What is unset
    ///     there too, libpq looks for in the process's own variables.
    ///   - options: What to learn on the way.
    /// - Returns: A connection that is logged in.
    /// - Throws: `ConninfoError` or ``RDSIAMError`` if the parameters are at fault; what the issuer throws;
    ///   ``RDSIAMError`` if the server, or the way to it, is at fault, which may be retried; `CancellationError`.
    public static func connect(
        _ parameters: some ConnectionParameters,
        overriding others: [String: String] = [:],
        issuer: TokenIssuer = issuer,
        environment: ConninfoEnvironment = .process,
        options: ConnectOptions = ConnectOptions()
    ) async throws -> PGConnection {
        let conninfo = try parameters.conninfo(for: issuer, overriding: others)
        let plan = try ConnectionPlan(conninfo, environment: environment)
        if let warn = options.warn { plan.warnings.forEach(warn) }
        let opener = ConnectionOpener(plan: plan, issuer: issuer)
        return try await PGConnection.open { try await opener.connect($0) }
    }

    /// Connects, calls a closure with the connection, and closes it, also if the closure throws or its task is
    /// canceled.
    ///
    /// ```swift
    /// let count = try await RDSIAM.withConnection(uri) { connection in
    ///     try await connection.query("select count(*) from users").rows[0].decode(Int.self, at: 0)
    /// }
    /// ```
    ///
    /// `body` uses the connection, which is closed when it returns or throws. Parameters and errors are those of
    /// ``connect(_:overriding:issuer:environment:options:)``.
    ///
    /// - Returns: What `body` returns.
    /// - Throws: What connecting throws, and what `body` throws.
    public static func withConnection<Result>(
        _ parameters: some ConnectionParameters,
        overriding others: [String: String] = [:],
        issuer: TokenIssuer = issuer,
        environment: ConninfoEnvironment = .process,
        options: ConnectOptions = ConnectOptions(),
        _ body: (PGConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try await connect(
            parameters,
            overriding: others,
            issuer: issuer,
            environment: environment,
            options: options
        )
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Makes and records the token that connecting would log in with, for programs that connect by other means.
    ///
    /// Parameters are those of ``connect(_:overriding:issuer:environment:options:)``.
    ///
    /// - Returns: The token for the one host, or `nil` if the parameters name no generator.
    /// - Throws: What connecting throws before anything is sent, also if the parameters, or the environment, ask for
    ///   less than TLS; ``RDSIAMError`` if they name several hosts, each of which needs a token of its own.
    public static func token(
        for parameters: some ConnectionParameters,
        overriding others: [String: String] = [:],
        issuer: TokenIssuer = issuer,
        environment: ConninfoEnvironment = .process
    ) async throws -> IssuedToken? {
        let conninfo = try parameters.conninfo(for: issuer, overriding: others)
        return try await ConnectionPlan(conninfo, environment: environment).onlyToken(from: issuer)
    }
}
