public import AWSCredentialSources
import AWSSigV4
public import AuthTokens
import RDSIAMBasics

/// Makes the tokens with which database roles log in to Aurora DSQL.
///
/// The role `admin` gets a token for `DbConnectAdmin`, every other one for `DbConnect`. Signing is local: nothing is
/// sent but what the credential source sends. See the Aurora DSQL User Guide, "Authentication and authorization".
public struct DSQLGenerator: AWSTokenGenerator {
    /// The name that the generator goes by.
    public static let name = "dsql"
    static let standardLifetime = Duration.seconds(900)

    /// Finds credentials and region.
    public let caller: AWSCaller
    private let lifetime: Duration

    /// Creates a generator.
    ///
    /// - Parameters:
    ///   - region: The region to sign for, unless the connection string names one with `aws_rds_iam_region`; `nil`
    ///     takes it from the host name, then from the AWS configuration.
    ///   - lifetime: How long a login may begin with a token: 1 second to seven days, in whole seconds.
    ///   - credentials: The credentials to sign with, unless the connection string names others; `nil` is the default
    ///     chain. See ``AWSCaller/init(region:credentials:sources:context:hostRegion:)`` for how long they are cached.
    ///   - sources: What the connection string may name with `aws_rds_iam_credentials`.
    ///   - context: The environment.
    public init(
        region: String? = nil,
        lifetime: Duration = .seconds(900),
        credentials: (any AWSCredentialSource)? = nil,
        sources: AWSCredentialSourceRegistry = .shared,
        context: CredentialContext = .system
    ) {
        self.lifetime = lifetime.clampedReading
        caller = AWSCaller(region: region, credentials: credentials, sources: sources, context: context) { request in
            try SigningEndpoint(of: request).dsqlHostName?.region
        }
    }

    /// Signs a token, which ends with its credentials if they end first.
    ///
    /// - Parameter request: The cluster's endpoint, or its identifier alone, and the role. The port is no part of the
    ///   token. The parameter `aws_rds_iam_host` names the endpoint if another address is dialed;
    ///   `aws_rds_iam_region` outranks every other source of the region.
    /// - Throws: `NamedRegistryError` if `aws_rds_iam_credentials` names no source; `AWSCredentialError`; `SigV4Error`
    ///   or ``AWSGeneratorError`` if the request or the lifetime, the credentials or the clock are at fault. The
    ///   error's `isRetryable` says whether to retry.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        try await Self.token(for: request, lifetime: lifetime, caller)
    }

    static func token(
        for request: AuthTokenRequest,
        lifetime: Duration,
        _ caller: AWSCaller
    ) async throws -> AuthToken {
        var request = request
        let host = try SigningEndpoint(of: request).host
        if DSQLHostName.isClusterIdentifier(host) {
            let region = try await caller.region(for: request).name
            request.parameters[AWSKeyword.host] = DSQLHostName.expanding(host, region: region)
        }
        return try await caller.presignedToken(for: request, lifetime: lifetime, signsPort: false) { signing in
            try signing.signer.dsqlToken(
                host: signing.endpoint.host,
                isAdmin: request.user.isBytewiseEqual(to: "admin"),
                region: signing.region,
                credentials: signing.credentials,
                at: signing.unixSeconds,
                expires: signing.lifetime
            )
        }
    }
}

extension SigningEndpoint {
    /// What the host's name says, or `nil` if Aurora DSQL did not give it.
    ///
    /// Such a host is signed as it is, but AWS itself refuses a token for a CNAME.
    var dsqlHostName: DSQLHostName? { DSQLHostName(host) }
}
