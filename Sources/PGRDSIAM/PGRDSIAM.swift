@_exported public import AuthTokens
public import PGConninfo
import RDSGenerator

/// Logs in to PostgreSQL through libpq with tokens instead of passwords.
///
/// One word in a connection string is all it takes; everything else in it means what libpq says it means:
///
/// ```swift
/// let connection = try await PGRDSIAM.connect(
///     "postgresql://andrew@db.example.com:5432/blog?aws_rds_iam_auth_token_generator=default"
/// )
/// ```
///
/// A generator of one's own is registered at start-up and named in the same place:
///
/// ```swift
/// try PGRDSIAM.generators.add("custom") { MyGenerator() }
/// ```
public enum PGRDSIAM {
    /// The generators that connection strings may name.
    ///
    /// It starts with `default` and `rds`.
    public static let generators = AuthTokenGeneratorRegistry(
        defaults: RDSGenerator.names.map { name in (name, { RDSGenerator() }) }
    )

    /// Connects as a connection string says, in either of libpq's forms.
    ///
    /// - Parameters:
    ///   - conninfo: A keyword/value string or a URI (libpq, "Connection Strings").
    ///   - issuer: Makes and records the tokens. The default records nothing; give one with an audit log to keep what
    ///     was issued.
    ///   - environment: What unset parameters come from: environment variables, service file, user name.
    /// - Returns: A connection that is logged in.
    /// - Throws: `ConninfoError` or ``PGRDSIAMError`` where the string is at fault, which is final; what the issuer
    ///   throws; ``PGRDSIAMError`` where the server or the way to it is, which may be tried again.
    public static func connect(
        _ conninfo: String,
        issuer: TokenIssuer = TokenIssuer(generators: generators),
        environment: ConninfoEnvironment = .process
    ) async throws -> PGConnection {
        try await connect(
            Conninfo.parse(conninfo, dialect: .linked, extensions: .rdsIAM),
            issuer: issuer,
            environment: environment
        )
    }

    /// Connects as a dictionary of libpq's keywords says; values are taken as they are.
    ///
    /// Parameters and errors are those of ``connect(_:issuer:environment:)-(String,_,_)``.
    public static func connect(
        _ parameters: [String: String],
        issuer: TokenIssuer = TokenIssuer(generators: generators),
        environment: ConninfoEnvironment = .process
    ) async throws -> PGConnection {
        try await connect(
            Conninfo(parameters, dialect: .linked, extensions: .rdsIAM),
            issuer: issuer,
            environment: environment
        )
    }

    /// Connects as parsed parameters say.
    ///
    /// They must have been read with the extensions ``ExtensionKeywords/rdsIAM``.
    ///
    /// Parameters and errors are those of ``connect(_:issuer:environment:)-(String,_,_)``.
    public static func connect(
        _ conninfo: Conninfo,
        issuer: TokenIssuer = TokenIssuer(generators: generators),
        environment: ConninfoEnvironment = .process
    ) async throws -> PGConnection {
        let plan = try ConnectionPlan(conninfo, environment: environment)
        guard let login = plan.login else { return try await PGConnection.open(plan.conninfo) }
        return try await open(plan.conninfo, login, issuer: issuer)
    }

    /// Makes and records the token that ``connect(_:issuer:environment:)-(Conninfo,_,_)`` would log in with, for those who
    /// connect by other means.
    ///
    /// - Returns: The token; nil where the parameters name no generator.
    /// - Throws: What connecting throws before anything is sent.
    public static func token(
        for conninfo: Conninfo,
        issuer: TokenIssuer = TokenIssuer(generators: generators),
        environment: ConninfoEnvironment = .process
    ) async throws -> IssuedToken? {
        guard let login = try TokenLogin(conninfo.resolve(in: environment)) else { return nil }
        return try await issuer.token(from: login.generator, for: login.request)
    }

    private static func open(
        _ conninfo: Conninfo,
        _ login: TokenLogin,
        issuer: TokenIssuer
    ) async throws -> PGConnection {
        let issued = try await issuer.token(from: login.generator, for: login.request)
        let connection: PGConnection
        do {
            connection = try await PGConnection.open(conninfo, token: issued.token)
        } catch {
            try await issuer.recordOutcome(of: issued, error: error)
            throw error
        }
        try await issuer.recordOutcome(of: issued)
        return connection
    }
}
