import AuthTokens
import PGConninfo

/// Which token a connection needs, and of which generator.
struct TokenLogin: Equatable {
    let generator: String
    let request: AuthTokenRequest

    /// Reads it off resolved parameters; nil where they name no generator.
    ///
    /// - Throws: ``PGRDSIAMError`` where no token could be valid for what they ask; `ConninfoError` for a port that is none.
    init?(_ resolved: ResolvedConninfo) throws {
        guard let generator = resolved.parameters.generator else { return nil }
        let endpoints = try resolved.endpoints()
        guard endpoints.count == 1, let endpoint = endpoints.first else { throw PGRDSIAMError.severalHosts }
        guard let host = endpoint.host, !host.hasPrefix("/"), !host.hasPrefix("@") else {
            throw PGRDSIAMError.noHostName
        }
        guard let user = resolved[.user], !user.isEmpty else { throw PGRDSIAMError.noUser }
        self.generator = generator
        request = AuthTokenRequest(
            host: host,
            port: try endpoint.port(),
            user: user,
            database: resolved[.dbname],
            parameters: resolved.parameters.parametersForGenerator
        )
    }
}

extension Conninfo {
    /// The name of the generator, where one is named.
    var generator: String? { self[extension: ExtensionKeywords.generatorKeyword] }

    /// What the connection string says to generators, by keyword.
    fileprivate var parametersForGenerator: [String: String] {
        var parameters: [String: String] = [:]
        for parameter in extensionParameters where parameter.name != ExtensionKeywords.generatorKeyword {
            parameters[parameter.name] = parameter.value
        }
        return parameters
    }
}
