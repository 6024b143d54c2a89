import AWSGenerators
import AuthTokens
import LibpqClient
import PGConninfo
import RDSIAMBasics

/// A server that a connection string names, with the token to ask for.
struct TokenTarget: Equatable, Sendable {
    /// What is dialed; libpq checks the certificate against its name.
    let endpoint: PGEndpoint
    /// What a token for this server is asked with.
    let request: AuthTokenRequest

    /// - Parameters:
    ///   - index: The server's place among those of the connection string.
    ///   - endpoints: All of them.
    /// - Throws: ``RDSIAMError`` if the server is reached through a socket, which has no TLS, if a value is not
    ///   UTF-8, or if the signing endpoints are not as many as the servers; `ConninfoError` for a port that is not a
    ///   number.
    init(_ index: Int, of endpoints: [Conninfo.Endpoint], user: String, _ resolved: ResolvedConninfo) throws {
        let endpoint = endpoints[index]
        let name = try endpoint.hostBytes.map { try $0.text(of: .host) } ?? ""
        let address = try endpoint.hostaddrBytes.map { try $0.text(of: .hostaddr) } ?? ""
        // A socket with an address is refused too: the name of its directory would be checked against the certificate.
        guard !(name + address).isEmpty, !name.hasBytePrefix("/"), !name.hasBytePrefix("@") else {
            throw RDSIAMError.noHostName
        }
        let port = try endpoint.port()
        self.endpoint = PGEndpoint(host: name, address: address, port: String(port))
        request = AuthTokenRequest(
            host: name.isEmpty ? address : name,
            port: port,
            user: user,
            database: try resolved.parameters.bytes(of: .dbname).map { try $0.text(of: .dbname) },
            parameters: try resolved.parameters.parametersForGenerator(index, of: endpoints)
        )
    }
}

extension Conninfo {
    /// What the connection string says to generators about one of its hosts, by keyword.
    ///
    /// - Throws: ``RDSIAMError`` for a value that is not UTF-8: without it, other credentials would sign; and if the
    ///   signing endpoints are not as many as the hosts.
    fileprivate func parametersForGenerator(_ index: Int, of endpoints: [Endpoint]) throws -> [String: String] {
        var parameters: [String: String] = [:]
        let ours = [ExtensionKeywords.generatorKeyword, ExtensionKeywords.tlsTunnelKeyword]
        for parameter in extensionParameters where !ours.contains(where: { $0.isBytewiseEqual(to: parameter.name) }) {
            parameters[parameter.name] = try parameter.bytes.text(of: parameter.name)
        }
        do {
            return try AWSKeyword.parameters(ofHost: index, of: endpoints.map(\.hostBytes), in: parameters)
        } catch {
            throw RDSIAMError(.invalidRequest, error.message)
        }
    }
}

extension [UInt8] {
    /// Returns the value of a keyword as text.
    ///
    /// - Throws: ``RDSIAMError`` if it is not UTF-8.
    func text(of keyword: String) throws(RDSIAMError) -> String {
        guard let text = String(validating: self, as: UTF8.self) else { throw RDSIAMError.notUTF8(keyword) }
        return text
    }

    func text(of keyword: Conninfo.Keyword) throws(RDSIAMError) -> String {
        try text(of: keyword.name)
    }
}
