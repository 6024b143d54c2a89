public import AWSCredentialSources
import AWSSigV4
public import AuthTokens

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// Makes the tokens with which database users log in to RDS and Aurora PostgreSQL.
///
/// Signing is local: nothing goes out but what the credential source sends. See the RDS User Guide, "IAM database
/// authentication".
public struct RDSGenerator: AuthTokenGenerator {
    private let region: String?
    private let credentials: any AWSCredentialSource
    private let regions: AWSRegionChain
    private let signer: SigV4Signer
    private let now: @Sendable () -> Date

    /// Creates a generator.
    ///
    /// - Parameters:
    ///   - region: The region to sign for, unless the connection string names one with `aws_rds_iam_region`; nil takes
    ///     it from the host name, then from the AWS configuration.
    ///   - credentials: Whose signature it is. Asked anew for each token.
    ///   - regions: The AWS configuration's region, for host names that say nothing.
    ///   - now: The wall clock.
    public init(
        region: String? = nil,
        credentials: any AWSCredentialSource = .default,
        regions: AWSRegionChain = AWSRegionChain(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.region = region
        self.credentials = credentials
        self.regions = regions
        self.signer = SigV4Signer()
        self.now = now
    }

    /// Registers the generator as `default` and as `rds`.
    ///
    /// - Throws: `NamedRegistryError` where one of the names is taken.
    public static func register(in registry: AuthTokenGeneratorRegistry) throws {
        for name in names { try registry.add(name) { RDSGenerator() } }
    }

    /// The names the generator goes by.
    public static let names = ["default", "rds"]

    /// Signs a token.
    ///
    /// - Parameter request: The server and the user; the parameter `aws_rds_iam_region` outranks every other source of
    ///   the region.
    /// - Throws: `AWSCredentialError`, whose `isRetryable` says whether trying again may help; `SigV4Error` or
    ///   ``RDSGeneratorError`` where the request is at fault, which is final.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        let region = try await region(for: request)
        let credentials = try await credentials.credentials(validFor: Self.lifetime)
        let time = now()
        let value = try signer.rdsToken(
            host: request.host,
            port: request.port,
            user: request.user,
            region: region,
            credentials: SigningCredentials(
                accessKeyID: credentials.accessKeyID,
                secretAccessKey: credentials.secretAccessKey,
                sessionToken: credentials.sessionToken
            ),
            at: Int64(time.timeIntervalSince1970.rounded(.down))
        )
        return AuthToken(
            value: value,
            signedAt: time,
            expiresAt: min(time + Self.lifetime, credentials.expiration ?? .distantFuture),
            credential: CredentialIdentity(credentials),
            region: region
        )
    }

    /// How long RDS accepts a token, in seconds.
    static let lifetime: TimeInterval = 900

    private func region(for request: AuthTokenRequest) async throws -> String {
        if let region = request.parameters["aws_rds_iam_region"] ?? region ?? RDSHostName(request.host)?.region {
            return region
        }
        guard let region = try await regions.region() else { throw RDSGeneratorError.noRegion }
        return region
    }
}

extension CredentialIdentity {
    /// The public side of `credentials`.
    init(_ credentials: AWSCredentials) {
        self.init(
            source: credentials.provenance.source.rawValue,
            accessKeyID: credentials.accessKeyID,
            profile: credentials.provenance.profile,
            accountID: credentials.accountID,
            roleARN: credentials.provenance.roleARN,
            expiresAt: credentials.expiration
        )
    }
}
