public import AWSCredentialSources
public import AuthTokens
import RDSIAMSystem

/// Asks Amazon Redshift for temporary users and passwords.
///
/// The user that AWS answers is the one to log in as: `IAM:app` or `IAMA:app` for
/// ``RedshiftAccess/user(autoCreate:groups:)``, a user of the identity's own for the others. See the Redshift API
/// Reference, "GetClusterCredentials" and "GetClusterCredentialsWithIAM", and the Redshift Serverless API Reference,
/// "GetCredentials".
public struct RedshiftGenerator: AuthTokenGenerator {
    private let access: RedshiftAccess
    private let target: String?
    private let lifetime: Int
    private let caller: AWSCaller
    private let context: CredentialContext

    /// Creates a generator.
    ///
    /// - Parameters:
    ///   - access: Which operation to call.
    ///   - target: The cluster's identifier or the workgroup's name; nil takes it from the host name.
    ///   - region: The region, unless the connection string names one; nil takes it from the host name, then from the
    ///     AWS configuration.
    ///   - lifetime: How long the password is good, in seconds: 900 to 3600.
    ///   - credentials: Whose call it is, unless the connection string says so.
    ///   - directory: What the connection string means by `aws_rds_iam_credentials`, `aws_rds_iam_profile` and
    ///     `aws_rds_iam_role_arn`.
    ///   - context: The environment: HTTP, clock, sleep and endpoint settings.
    public init(
        _ access: RedshiftAccess = .identity,
        target: String? = nil,
        region: String? = nil,
        lifetime: Int = 900,
        credentials: any AWSCredentialSource = .default,
        directory: AWSCredentialDirectory = .shared,
        context: CredentialContext = .system
    ) {
        self.access = access
        self.target = target
        self.lifetime = lifetime
        self.context = context
        caller = AWSCaller(
            credentials,
            region: region,
            hostRegion: { try RedshiftHostName(SigningEndpoint(of: $0).host)?.region },
            regions: AWSRegionChain(context: context),
            directory: directory,
            context: context
        )
    }

    /// Registers generators as `redshift`, for clusters, and `redshift-serverless`.
    ///
    /// - Throws: `NamedRegistryError` where one of the names is taken.
    public static func register(in registry: AuthTokenGeneratorRegistry) throws {
        try registry.add("redshift") { RedshiftGenerator(.identity) }
        try registry.add("redshift-serverless") { RedshiftGenerator(.serverless) }
    }

    /// Calls Redshift.
    ///
    /// - Throws: `NamedRegistryError` if `aws_rds_iam_credentials` names no source; `AWSCredentialError` with AWS's
    ///   code and request ID; `AWSGeneratorError` if the region is not known; ``RedshiftError`` if the cluster is not
    ///   known; `SigV4Error` if the clock answers no time. The error's `isRetryable` says whether to retry.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        let name = RedshiftHostName(try SigningEndpoint(of: request).host)
        let region = try await caller.signingRegion(for: request)
        guard let target = target ?? name?.target else { throw RedshiftError.noTarget }
        let credentials = try await caller.source(for: request).credentials()
        let now = try context.signingDate()
        let call = access.call(in: region.name, context: context)
        let body = try access.body(for: request, target: target, lifetime: lifetime)
        let grant = try access.grant(try await call.answer(to: body, signedBy: credentials))
        return AuthToken(
            value: grant.password,
            signedAt: now,
            expiresAt: grant.expiresAt,
            credential: CredentialIdentity(credentials),
            region: region.name,
            user: grant.user
        )
    }

    /// Returns whether the token was fetched with the credentials and in the region that are now in use.
    public func isCurrent(_ token: AuthToken, for request: AuthTokenRequest) -> Bool {
        caller.isCurrent(token, for: request)
    }
}
