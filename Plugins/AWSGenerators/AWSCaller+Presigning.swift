import AWSCredentialSources
public import AWSSigV4
public import AuthTokens
import RDSIAMBasics
import RDSIAMSystem

/// All that a token is signed with.
public struct TokenSigning: Sendable {
    /// The endpoint that the token is for.
    public let endpoint: SigningEndpoint
    /// The region.
    public let region: String
    /// What it is signed with.
    public let credentials: SigningCredentials
    /// The moment of signing in seconds since 1970-01-01T00:00:00Z.
    public let unixSeconds: Int64
    /// How long the token lives, in seconds: as long as it may, or as long as its credentials.
    public let lifetime: Int
    /// Signs it, with cached keys.
    public let signer: SigV4Signer

    /// Returns a request as a URL without its scheme, signed in its query: what AWS services accept as a password.
    ///
    /// - Parameters:
    ///   - request: The request that the token stands for, as AWS documents it.
    ///   - service: The name that the service signs with, such as `elasticache`.
    /// - Throws: `SigV4Error`.
    public func presign(_ request: SigV4Request, for service: String) throws(SigV4Error) -> String {
        try signer.url(
            presigning: request,
            scope: CredentialScope(region: region, service: service, at: unixSeconds),
            credentials: credentials,
            expires: lifetime
        )
    }
}

extension AWSCaller {
    /// Credentials that live shorter are renewed first.
    ///
    /// Not longer ones, even for a token that may live for a week: no source could cache what it has.
    private static let wantedLifetime = Duration.seconds(900)

    /// Makes a token that is a presigned URL.
    ///
    /// Credentials that end within 15 minutes are renewed once first. A token that would outlive its credentials ends
    /// with them, and says so.
    ///
    /// - Parameters:
    ///   - request: What the token is for.
    ///   - lifetime: How long a login may begin with it, in whole seconds.
    ///   - signsPort: Whether the token is good for one port only.
    ///   - sign: Returns the token's text.
    /// - Throws: `NamedRegistryError` if `aws_rds_iam_credentials` names no source; `AWSCredentialError`;
    ///   ``AWSGeneratorError`` if the request is at fault or the credentials have expired; `SigV4Error`, also if the
    ///   clock answers a time that cannot be signed; what `sign` throws. The error's `isRetryable` says whether to
    ///   retry.
    public func presignedToken(
        for request: AuthTokenRequest,
        lifetime: Duration,
        signsPort: Bool = true,
        sign: (TokenSigning) throws -> String
    ) async throws -> AuthToken {
        let endpoint = try SigningEndpoint(of: request)
        let region = try await region(for: request)
        let credentials = try await credentials(for: request, validFor: min(lifetime, Self.wantedLifetime))
        // The clock is read after the credentials have come: they may have taken a while.
        let time = try SigningTime(secondsSince1970: context.now().timeIntervalSince1970)
        let signedAt = Date(timeIntervalSince1970: TimeInterval(time.unixSeconds))
        let signing = TokenSigning(
            endpoint: endpoint,
            region: region.name,
            credentials: try credentials.signing,
            unixSeconds: time.unixSeconds,
            lifetime: min(Int(lifetime.components.seconds), try Self.remainingSeconds(of: credentials, at: signedAt)),
            signer: signer
        )
        return AuthToken(
            value: try sign(signing),
            kind: .signed,
            signedAt: signedAt,
            expiresAt: signedAt + TimeInterval(signing.lifetime),
            signingHost: endpoint.host,
            signingPort: signsPort ? endpoint.port : nil,
            credential: CredentialIdentity(credentials),
            region: region.name,
            regionOrigin: region.origin.description
        )
    }

    /// The seconds that are left, rounded down; the largest number if there is no end.
    private static func remainingSeconds(
        of credentials: AWSCredentials,
        at date: Date
    ) throws(AWSGeneratorError) -> Int {
        guard let interval = credentials.remainingLifetime(at: date) else { return .max }
        // An end that is not a number has passed.
        guard interval >= 1 else { throw .expiredCredentials }
        return Int(exactly: interval.rounded(.down)) ?? .max
    }
}
