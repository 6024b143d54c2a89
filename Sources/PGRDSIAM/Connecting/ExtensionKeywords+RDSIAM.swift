public import AuthTokens
import CLibpq
public import PGConninfo

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
