public import AWSCredentialSources
import AWSSigV4
public import AuthTokens

/// Makes the tokens with which database users log in to RDS and Aurora PostgreSQL.
///
/// Signing is local: nothing is sent but what the credential source sends. See the RDS User Guide, "IAM database
/// authentication".
public struct RDSGenerator: AWSTokenGenerator {
    /// The name that the generator goes by.
    public static let name = "rds"

    /// Finds credentials and region.
    public let caller: AWSCaller

    /// Creates a generator.
    ///
    /// - Parameters:
    ///   - region: The region to sign for, unless the connection string names one with `aws_rds_iam_region`; `nil`
    ///     takes it from the host name, then from the AWS configuration.
    ///   - credentials: The credentials to sign with, unless the connection string names others; `nil` is the default
    ///     chain. See ``AWSCaller/init(region:credentials:sources:context:hostRegion:)`` for how long they are cached.
    ///   - sources: What the connection string may name with `aws_rds_iam_credentials`.
    ///   - context: The environment.
    public init(
        region: String? = nil,
        credentials: (any AWSCredentialSource)? = nil,
        sources: AWSCredentialSourceRegistry = .shared,
        context: CredentialContext = .system
    ) {
        caller = AWSCaller(region: region, credentials: credentials, sources: sources, context: context) { request in
            try SigningEndpoint(of: request).rdsHostName?.region
        }
    }

    /// Signs a token, which is good for 15 minutes or as long as its credentials.
    ///
    /// - Parameter request: The server and the user. The parameters `aws_rds_iam_host` and `aws_rds_iam_port` name the
    ///   endpoint if another address is dialed; `aws_rds_iam_region` outranks every other source of the region.
    /// - Throws: `NamedRegistryError` if `aws_rds_iam_credentials` names no source; `AWSCredentialError`; `SigV4Error`
    ///   or ``AWSGeneratorError`` if the request, the credentials or the clock are at fault. The error's `isRetryable`
    ///   says whether to retry.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        try await Self.token(for: request, caller)
    }

    static func token(for request: AuthTokenRequest, _ caller: AWSCaller) async throws -> AuthToken {
        // RDS accepts no token for longer than 900 seconds.
        try await caller.presignedToken(for: request, lifetime: .seconds(900)) { signing in
            try signing.signer.rdsToken(
                host: signing.endpoint.host,
                port: signing.endpoint.port,
                user: request.user,
                region: signing.region,
                credentials: signing.credentials,
                at: signing.unixSeconds,
                expires: signing.lifetime
            )
        }
    }
}

extension SigningEndpoint {
    /// What the host's name says, or `nil` if RDS did not give it.
    ///
    /// Such a host is signed as it is, for look-alikes and private names, but AWS itself refuses a token for a CNAME.
    var rdsHostName: RDSHostName? { RDSHostName(host) }
}
