public import AWSCredentialSources
import AWSSigV4
public import AuthTokens
import RDSIAMBasics
import RDSIAMSystem

/// Asks Amazon Redshift for temporary users and passwords.
///
/// The user that AWS answers is the one to log in as: `IAM:app` or `IAMA:app` for
/// ``RedshiftAccess/user(autoCreate:groups:)``, a user of the identity's own for the others. See the Redshift API
/// Reference, "GetClusterCredentials" and "GetClusterCredentialsWithIAM", and the Redshift Serverless API Reference,
/// "GetCredentials".
public struct RedshiftGenerator: AWSTokenGenerator {
    /// The name that a generator for clusters goes by, with the access ``RedshiftAccess/identity``.
    public static let name = "redshift"
    /// The name that a generator for Redshift Serverless goes by.
    package static let serverlessName = "redshift-serverless"

    /// Finds credentials and region.
    public let caller: AWSCaller
    private let access: RedshiftAccess
    private let target: String?
    private let lifetime: Duration

    /// Creates a generator.
    ///
    /// - Parameters:
    ///   - access: Which operation to call.
    ///   - target: The cluster's identifier or the workgroup's name; `nil` takes it from the host name.
    ///   - region: The region, unless the connection string names one; `nil` takes it from the host name, then from the
    ///     AWS configuration.
    ///   - lifetime: How long the password is good: 900 to 3600 seconds, in whole seconds.
    ///   - credentials: The credentials that sign the call, unless the connection string names others; `nil` is the
    ///     default chain.
    ///   - sources: What the connection string may name with `aws_rds_iam_credentials`.
    ///   - context: The environment.
    public init(
        _ access: RedshiftAccess = .identity,
        target: String? = nil,
        region: String? = nil,
        lifetime: Duration = .seconds(900),
        credentials: (any AWSCredentialSource)? = nil,
        sources: AWSCredentialSourceRegistry = .shared,
        context: CredentialContext = .system
    ) {
        self.access = access
        self.target = target
        self.lifetime = lifetime.clampedReading
        caller = AWSCaller(region: region, credentials: credentials, sources: sources, context: context) { request in
            try RedshiftHostName(SigningEndpoint(of: request).host)?.region
        }
    }

    /// Calls Redshift.
    ///
    /// - Throws: `NamedRegistryError` if `aws_rds_iam_credentials` names no source; `AWSCredentialError` with AWS's
    ///   code and request ID; ``AWSGeneratorError`` if the region is not known; ``RedshiftError`` if the cluster is not
    ///   known; `SigV4Error` if the clock answers no time. The error's `isRetryable` says whether to retry.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        let name = RedshiftHostName(try SigningEndpoint(of: request).host)
        let region = try await caller.region(for: request)
        guard let target = target ?? name?.target else { throw RedshiftError.noTarget }
        let now = try caller.context.signingDate()
        let body = try access.body(for: request, target: target, lifetime: Int(lifetime.components.seconds))
        let call = access.call(in: region.name, profile: request.setting(AWSKeyword.profile), context: caller.context)
        let answer = try await caller.answer(of: call, to: body, for: request)
        let grant = try access.grant(answer.body)
        return AuthToken(
            value: grant.password,
            signedAt: now,
            expiresAt: grant.expiresAt,
            credential: CredentialIdentity(answer.credentials),
            region: region.name,
            regionOrigin: region.origin.description,
            user: grant.user
        )
    }
}

/// An endpoint name that Redshift gave: `<cluster>.<id>.<region>.redshift.amazonaws.com`, or with an account and
/// `redshift-serverless`.
package struct RedshiftHostName {
    /// The cluster's identifier or the workgroup's name.
    let target: String
    /// The region.
    package let region: String

    /// Returns `nil` if Redshift did not give the name.
    package init?(_ host: String) {
        guard let labels = Self.labels(of: host), labels.count == 4, let target = labels.first, !target.isEmpty else {
            return nil
        }
        let region = labels[labels.endIndex - 2]
        guard SigningRegion.hasShape(region) else { return nil }
        (self.target, self.region) = (target, region)
    }

    /// Returns the name of the generator for a host, or `nil` if it is none of Redshift's.
    package static func generator(for host: String) -> String? {
        labels(of: host)?.last?.hasBytePrefix("redshift-serverless") == true
            ? RedshiftGenerator.serverlessName : labels(of: host).map { _ in RedshiftGenerator.name }
    }

    /// The labels up to the service's, which is one of Redshift's.
    private static func labels(of host: String) -> ArraySlice<String>? {
        let name = HostName(host)
        guard let labels = HostName.awsSuffixes.lazy.compactMap(name.labels(before:)).first, labels.count > 1,
            let service = labels.last,
            ["redshift", "redshift-fips", "redshift-serverless", "redshift-serverless-fips"].contains(where: {
                service.isBytewiseEqual(to: $0)
            })
        else { return nil }
        return labels
    }
}

extension CredentialContext {
    /// Reads the wall clock.
    ///
    /// - Throws: `SigV4Error` if it answers a time that no signature can state, or no number.
    func signingDate() throws(SigV4Error) -> Date {
        let date = now()
        _ = try SigningTime(secondsSince1970: date.timeIntervalSince1970)
        return date
    }
}
