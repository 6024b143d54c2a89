import AuthTokens
import PGConninfo
import RDSIAMBasics

/// One of the servers that a connection string names, with the token to ask for.
struct Host: Equatable, Sendable {
    /// The name libpq checks the certificate against; empty where only an address is given.
    let name: String
    /// The address to dial; empty where the name is to be looked up.
    let address: String
    /// The port as libpq gets it.
    let port: String
    /// What a token for this server is asked with.
    let request: AuthTokenRequest

    /// What libpq is to try.
    var place: Place { Place(host: name, address: address, port: port) }

    /// - Throws: ``PGRDSIAMError`` where the server is reached by a socket, which has no TLS; `ConninfoError` for a port that
    ///   is none.
    init(_ endpoint: Conninfo.Endpoint, user: String, _ resolved: ResolvedConninfo) throws {
        let name = endpoint.host ?? ""
        self.name = name
        address = endpoint.hostaddr ?? ""
        // A socket with an address is refused too: the name of its directory would be checked against the certificate.
        guard !(name + address).isEmpty, !name.hasBytePrefix("/"), !name.hasBytePrefix("@") else {
            throw PGRDSIAMError.noHostName
        }
        let number = try endpoint.port()
        port = String(number)
        request = AuthTokenRequest(
            host: name.isEmpty ? address : name,
            port: number,
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
