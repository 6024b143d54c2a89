public import AuthTokens
import CLibpq
public import PGConninfo

/// What says how to connect: a connection string, a dictionary of keywords and values, or parsed parameters.
///
/// `String`, `Substring`, `[String: String]` and `Conninfo` conform to it.
public protocol ConnectionParameters: Sendable {
    /// Returns the parameters, as libpq reads them.
    ///
    /// - Parameter keywords: The keywords that are allowed beside libpq's own.
    /// - Throws: `ConninfoError` for what libpq would refuse.
    func conninfo(allowing keywords: Conninfo.ExtensionKeywords) throws -> Conninfo
}

extension String: ConnectionParameters {
    /// Parses a connection string in either of libpq's forms (libpq, "Connection Strings").
    public func conninfo(allowing keywords: Conninfo.ExtensionKeywords) throws -> Conninfo {
        try Conninfo.parse(self, dialect: .linked, extensions: keywords)
    }
}

extension Substring: ConnectionParameters {
    /// Parses a connection string in either of libpq's forms (libpq, "Connection Strings").
    public func conninfo(allowing keywords: Conninfo.ExtensionKeywords) throws -> Conninfo {
        try String(self).conninfo(allowing: keywords)
    }
}

extension [String: String]: ConnectionParameters {
    /// Takes keywords and values as they are, without escapes.
    public func conninfo(allowing keywords: Conninfo.ExtensionKeywords) throws -> Conninfo {
        try Conninfo(self, dialect: .linked, extensions: keywords)
    }
}

extension Conninfo: ConnectionParameters {
    /// Returns the parameters as they are.
    ///
    /// They must have been read with the keywords of the issuer's generators, or the generator's name is not among
    /// them:
    ///
    /// ```swift
    /// let conninfo = try Conninfo.parse(string, dialect: .linked, extensions: .rdsIAM)
    /// ```
    public func conninfo(allowing keywords: ExtensionKeywords) -> Conninfo { self }
}

extension ConnectionParameters {
    /// The parameters with those of a dictionary in place of their own; see `Conninfo.merge(_:)`.
    func conninfo(for issuer: TokenIssuer, overriding others: [String: String]) throws -> Conninfo {
        var conninfo = try conninfo(allowing: .init(issuer.generators))
        try conninfo.merge(others)
        return conninfo
    }
}

extension Conninfo.ExtensionKeywords {
    /// The keyword that names the generator.
    ///
    /// Connection strings without it are libpq's alone.
    public static let generatorKeyword = "aws_rds_iam_auth_token_generator"

    /// Creates the keywords that connection strings may hold beside libpq's: the one that names the generator, the
    /// one for a TLS tunnel, and those that the registered generators understand.
    ///
    /// - Parameter generators: The registry of the issuer that connections use.
    public init(_ generators: AuthTokenGeneratorRegistry) {
        self.init(
            [Self.generatorKeyword, Self.tlsTunnelKeyword] + generators.keywords,
            secret: generators.secretKeywords
        )
    }

    /// The keywords of ``RDSIAM/generators``, as they are registered at this moment.
    public static var rdsIAM: Self { Self(RDSIAM.generators) }
}

extension Conninfo.Dialect {
    /// The rules of the libpq that this process has loaded.
    public static var linked: Self { Self(libpqVersion: Int(PQlibVersion())) }
}
