public import AuthTokens
public import PGConninfo

extension RDSIAM {
    /// Connects to one server with a token; what is not said here comes from the environment, as with libpq.
    ///
    /// Errors are those of ``connect(_:overriding:issuer:environment:options:)``.
    ///
    /// - Parameters:
    ///   - host: The database's endpoint.
    ///   - port: The port; `nil` for `PGPORT` or 5432.
    ///   - user: The database user; `nil` for `PGUSER` or the operating system's.
    ///   - database: The database; `nil` for `PGDATABASE` or the user's name.
    ///   - generator: The name of the generator to ask.
    ///   - issuer: Makes, caches and records the tokens.
    ///   - environment: What unset parameters come from.
    ///   - options: What to learn on the way.
    public static func connect(
        host: String,
        port: Int? = nil,
        user: String? = nil,
        database: String? = nil,
        generator: String = "default",
        issuer: TokenIssuer = issuer,
        environment: ConninfoEnvironment = .process,
        options: ConnectOptions = ConnectOptions()
    ) async throws -> PGConnection {
        var parameters = ["host": host, Conninfo.ExtensionKeywords.generatorKeyword: generator]
        parameters["port"] = port.map(String.init)
        parameters["user"] = user
        parameters["dbname"] = database
        return try await connect(parameters, issuer: issuer, environment: environment, options: options)
    }

    /// A parameter that a connection string may set, and its value if none does.
    public struct ParameterDefault: Sendable, Hashable {
        /// The keyword.
        public let keyword: String
        /// The environment variable it is read from, or `nil` if there is none.
        public let environmentVariable: String?
        /// Its value if the connection string does not set it; `nil` for unset, and for secrets.
        public let value: String?
    }

    /// Every parameter with its default: libpq's own (libpq, `PQconndefaults`), then those of the generators.
    ///
    /// - Parameters:
    ///   - environment: Where defaults come from.
    ///   - generators: The generators whose keywords are listed.
    /// - Throws: `ConninfoError` for a service that is asked for and cannot be read.
    public static func parameterDefaults(
        in environment: ConninfoEnvironment = .process,
        generators: AuthTokenGeneratorRegistry = generators
    ) throws -> [ParameterDefault] {
        let resolved = try Conninfo(dialect: .linked).resolve(in: environment)
        let own = Conninfo.Keyword.all.filter { $0.isKnown(in: .linked) }.map { keyword in
            ParameterDefault(
                keyword: keyword.name,
                environmentVariable: keyword.environmentVariable,
                value: keyword.isSecret ? nil : resolved[keyword]
            )
        }
        return own
            + Conninfo.ExtensionKeywords(generators).names.map { name in
                ParameterDefault(keyword: name, environmentVariable: nil, value: nil)
            }
    }
}
