public import AWSCredentialSources
import AWSGeneratorSupport
import AWSSigV4
public import AuthTokens

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// Makes the tokens with which database roles log in to Aurora DSQL.
///
/// The role `admin` gets a token for `DbConnectAdmin`, every other one for `DbConnect`. Signing is local: nothing goes out but
/// what the credential source sends. See the Aurora DSQL User Guide, "Authentication and authorization".
public struct DSQLGenerator: AuthTokenGenerator {
    private let region: String?
    private let lifetime: Int
    private let credentials: any AWSCredentialSource
    private let regions: AWSRegionChain
    private let signer: SigV4Signer
    private let now: @Sendable () -> Date

    /// Creates a generator.
    ///
    /// - Parameters:
    ///   - region: The region to sign for, unless the connection string names one with `aws_rds_iam_region`; nil takes
    ///     it from the host name, then from the AWS configuration.
    ///   - lifetime: How long a login may begin with a token, in seconds: 1 to 604,800 (seven days).
    ///   - credentials: Whose signature it is. Asked anew for each token.
    ///   - regions: The AWS configuration's region, for cluster identifiers and host names that say nothing.
    ///   - now: The wall clock.
    public init(
        region: String? = nil,
        lifetime: Int = 900,
        credentials: any AWSCredentialSource = .default,
        regions: AWSRegionChain = AWSRegionChain(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.region = region
        self.lifetime = lifetime
        self.credentials = credentials
        self.regions = regions
        self.signer = SigV4Signer()
        self.now = now
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
    /// Credentials that end within 15 minutes are renewed once first. A token that would outlive its credentials says so and
    /// ends with them.
    ///
    /// - Parameter request: The cluster's endpoint, or its identifier alone, and the role. The port is no part of the token. The
    ///   parameter `aws_rds_iam_host` names the endpoint where another address is dialled; `aws_rds_iam_region` outranks every
    ///   other source of the region.
    /// - Throws: `AWSCredentialError`, whose `isRetryable` says whether trying again may help; `SigV4Error` or
    ///   `AWSGeneratorError` where the request or the lifetime is at fault, which is final.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        let endpoint = try SigningEndpoint(of: request)
        let region = try await signingRegion(for: request)
        let credentials = try await TokenSigningCredentials(from: credentials, lifetime: lifetime, now: now)
        let value = try signer.dsqlToken(
            host: DSQLHostName.expanding(endpoint.host, region: region.name),
            isAdmin: request.user == "admin",
            region: region.name,
            credentials: credentials.signing,
            at: credentials.unixSeconds,
            expires: credentials.lifetime
        )
        return AuthToken(
            value: value,
            signedAt: credentials.signedAt,
            expiresAt: credentials.expiresAt,
            credential: credentials.identity,
            region: region.name
        )
    }

    /// The access key that the next token would be signed with, so that rotated credentials change the next token.
    ///
    /// The region is not asked for again: what names it, save for the AWS configuration, is the request's or the generator's own.
    public func signingIdentity(for request: AuthTokenRequest) async throws -> SigningIdentity {
        try await credentials.signingIdentity()
    }

    /// The region that a token for a request is signed for, and who named it.
    ///
    /// - Throws: `AWSGeneratorError` where nobody names one or the host cannot be signed for; `AWSCredentialError` where an AWS
    ///   configuration file is malformed.
    public func signingRegion(for request: AuthTokenRequest) async throws -> SigningRegion {
        try await SigningRegion(
            of: request,
            generator: region,
            hostName: SigningEndpoint(of: request).dsqlHostName?.region,
            configuration: regions
        )
    }
}

extension SigningEndpoint {
    /// What the host's name says; nil where Aurora DSQL did not give it.
    ///
    /// Such a host is signed as it is, but AWS itself refuses a token for a CNAME.
    public var dsqlHostName: DSQLHostName? { DSQLHostName(host) }
}
