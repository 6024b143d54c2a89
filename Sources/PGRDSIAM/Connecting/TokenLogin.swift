import AuthTokens
import PGConninfo

/// A login with tokens: the generator to ask, and the servers to ask for, in the order in which libpq would try them.
struct TokenLogin: Equatable, Sendable {
    let generator: String
    let hosts: [Host]

    /// Reads it off resolved parameters; nil where they name no generator.
    ///
    /// - Throws: `ConninfoError` for what libpq would refuse; ``PGRDSIAMError`` where no token could be valid for what the
    ///   parameters ask.
    init?(_ resolved: ResolvedConninfo) throws {
        guard let generator = resolved.parameters.generator else { return nil }
        guard let user = resolved[.user], !user.isEmpty else { throw PGRDSIAMError.noUser }
        self.generator = generator
        hosts = try resolved.endpoints().map { try Host($0, user: user, resolved) }
    }
}
