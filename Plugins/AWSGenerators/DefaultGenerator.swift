public import AWSCredentialSources
public import AuthTokens

/// Makes the token that an endpoint's name asks for: the generator that goes by `default`.
///
/// | host | token |
/// |---|---|
/// | Aurora DSQL: `….dsql.REGION.on.aws` | as of ``DSQLGenerator`` |
/// | Redshift | none: it asks for the generator `redshift` or `redshift-serverless` |
/// | RDS, Aurora, RDS Proxy, and every other name | as of ``RDSGenerator`` |
///
/// The name is that of the host, or of `aws_rds_iam_host`.
public struct DefaultGenerator: AWSTokenGenerator {
    /// The name that the generator goes by.
    public static let name = "default"

    /// Finds credentials and region.
    public let caller: AWSCaller

    /// Creates a generator.
    ///
    /// - Parameters:
    ///   - region: The region to sign for, unless the connection string names one; `nil` takes it from the host name,
    ///     then from the AWS configuration.
    ///   - credentials: The credentials to sign with, unless the connection string names others; `nil` is the default
    ///     chain.
    ///   - sources: What the connection string may name with `aws_rds_iam_credentials`.
    ///   - context: The environment.
    public init(
        region: String? = nil,
        credentials: (any AWSCredentialSource)? = nil,
        sources: AWSCredentialSourceRegistry = .shared,
        context: CredentialContext = .system
    ) {
        caller = AWSCaller(region: region, credentials: credentials, sources: sources, context: context) { request in
            let endpoint = try SigningEndpoint(of: request)
            return endpoint.dsqlHostName?.region ?? endpoint.rdsHostName?.region
        }
    }

    /// Signs a token.
    ///
    /// - Throws: What ``RDSGenerator/token(for:)`` throws; ``AWSGeneratorError`` with the code `otherService` for a
    ///   Redshift endpoint.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        let endpoint = try SigningEndpoint(of: request)
        if let generator = RedshiftHostName.generator(for: endpoint.host) {
            throw AWSGeneratorError.redshift(generator)
        }
        return endpoint.dsqlHostName == nil
            ? try await RDSGenerator.token(for: request, caller)
            : try await DSQLGenerator.token(for: request, lifetime: DSQLGenerator.standardLifetime, caller)
    }
}
