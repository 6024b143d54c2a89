public import AWSCredentialSources
import AWSSigV4
public import AuthTokens
import RDSIAMBasics
public import RDSIAMSystem

/// Makes the tokens with which database roles log in to Aurora DSQL.
///
/// The role `admin` gets a token for `DbConnectAdmin`, every other one for `DbConnect`. Signing is local: nothing goes
/// out but what the credential source sends. See the Aurora DSQL User Guide, "Authentication and authorization".
public struct DSQLGenerator: AuthTokenGenerator {
    private let tokens: PresignedTokens
    private let lifetime: Int

    /// Creates a generator.
    ///
    /// - Parameters:
    ///   - region: The region to sign for, unless the connection string names one with `aws_rds_iam_region`; `nil`
    ///     takes it from the host name, then from the AWS configuration.
    ///   - lifetime: How long a login may begin with a token, in seconds: 1 to 604,800 (seven days).
    ///   - credentials: The credentials to sign with, unless the connection string names others. The source is asked
    ///     for each token, and each time a cached token is returned. Credentials that state an end are cached until
    ///     shortly before it; those without one are cached if the source is `.refreshing`.
    ///   - directory: What the connection string means by `aws_rds_iam_credentials`, `aws_rds_iam_profile` and
    ///     `aws_rds_iam_role_arn`.
    ///   - regions: The AWS configuration's region, for cluster identifiers and host names that say nothing.
    ///   - now: The wall clock.
    public init(
        region: String? = nil,
        lifetime: Int = 900,
        credentials: any AWSCredentialSource = .default,
        directory: AWSCredentialDirectory = .shared,
        regions: AWSRegionChain = AWSRegionChain(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.lifetime = lifetime
        tokens = PresignedTokens(
            region: region,
            hostRegion: { $0.dsqlHostName?.region },
            credentials: credentials,
            directory: directory,
            regions: regions,
            now: now
        )
    }

    /// Registers the generator as `dsql`.
    ///
    /// - Throws: `NamedRegistryError` where the name is taken.
    public static func register(in registry: AuthTokenGeneratorRegistry) throws {
        for name in names { try registry.add(name) { DSQLGenerator() } }
    }

    /// The names the generator goes by.
    public static let names = ["dsql"]

    /// Signs a token.
    ///
    /// Credentials that end within 15 minutes are renewed once first. A token that would outlive its credentials says
    /// so and ends with them.
    ///
    /// - Parameter request: The cluster's endpoint, or its identifier alone, and the role. The port is no part of the
    ///   token. The parameter `aws_rds_iam_host` names the endpoint if another address is dialed;
    ///   `aws_rds_iam_region` outranks every other source of the region.
    /// - Throws: `NamedRegistryError` if `aws_rds_iam_credentials` names no source; `AWSCredentialError`; `SigV4Error`
    ///   or `AWSGeneratorError` if the request or the lifetime, the credentials or the clock are at fault. The error's
    ///   `isRetryable` says whether to retry.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        try await tokens.token(for: request, lifetime: lifetime) { order in
            try order.signer.dsqlToken(
                host: DSQLHostName.expanding(order.endpoint.host, region: order.region),
                isAdmin: request.user.isBytewiseEqual(to: "admin"),
                region: order.region,
                credentials: order.credentials.signing,
                at: order.credentials.unixSeconds,
                expires: order.credentials.lifetime
            )
        }
    }

    /// Returns whether the token was signed with the credentials and for the region that are now in use.
    public func isCurrent(_ token: AuthToken, for request: AuthTokenRequest) -> Bool {
        tokens.caller.isCurrent(token, for: request)
    }

    /// Looks at the credentials again before the next token, as they may have been replaced; at most every ten seconds.
    public func tokenWasRefused(_ token: AuthToken, for request: AuthTokenRequest) {
        tokens.caller.tokenWasRefused(token, for: request)
    }

    /// The region that a token for a request is signed for, and who named it.
    ///
    /// - Throws: `AWSGeneratorError` if the region is not known or the host cannot be signed for; `AWSCredentialError`
    ///   if an AWS configuration file is malformed.
    public func signingRegion(for request: AuthTokenRequest) async throws -> SigningRegion {
        try await tokens.caller.signingRegion(for: request)
    }
}

extension SigningEndpoint {
    /// What the host's name says, or `nil` if Aurora DSQL did not give it.
    ///
    /// Such a host is signed as it is, but AWS itself refuses a token for a CNAME.
    public var dsqlHostName: DSQLHostName? { DSQLHostName(host) }
}
