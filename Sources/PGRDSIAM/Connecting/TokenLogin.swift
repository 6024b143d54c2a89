import AuthTokens
import PGConninfo

/// A login with tokens: the generator to ask, and the servers to ask for, in the order in which libpq would try them.
struct TokenLogin: Equatable, Sendable {
    let generator: String
    let hosts: [Host]

    /// Reads it off resolved parameters, or returns `nil` if they name no generator.
    ///
    /// - Throws: `ConninfoError` for what libpq would refuse; ``RDSIAMError`` if no token could be valid for what the
    ///   parameters ask.
    init?(_ resolved: ResolvedConninfo) throws {
        let keyword = Conninfo.ExtensionKeywords.generatorKeyword
        guard let generator = resolved.parameters.bytes(ofExtension: keyword) else { return nil }
        let user = try resolved.parameters.bytes(of: .user)?.text(of: "user") ?? ""
        guard !user.isEmpty else { throw RDSIAMError.noUser }
        self.generator = try generator.text(of: keyword)
        let endpoints = try resolved.endpoints()
        hosts = try endpoints.indices.map { try Host($0, of: endpoints, user: user, resolved) }
    }
}
