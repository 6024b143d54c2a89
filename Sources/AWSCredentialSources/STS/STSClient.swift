import RDSIAMBasics
import RDSIAMSystem

/// A client for the three calls of the AWS Security Token Service that hand out or explain credentials.
///
/// It follows the standard retry mode of the AWS SDKs and keeps nothing between calls.
public struct STSClient: Sendable {
    private let context: CredentialContext
    private let settings: EndpointSettings
    private let region: String?

    /// Creates a client.
    ///
    /// The endpoint follows the region, the partition, FIPS and dual-stack settings and `AWS_ENDPOINT_URL_STS` or
    /// `AWS_ENDPOINT_URL`.
    ///
    /// - Parameters:
    ///   - region: The region; nil leaves it to `AWS_REGION` and `AWS_DEFAULT_REGION`, and then to the partition of the role.
    ///   - context: The outside world.
    public init(region: String? = nil, context: CredentialContext = .system) {
        self.init(
            region: region,
            settings: EndpointSettings(context: context, profile: [:], services: [:]),
            context: context
        )
    }

    init(region: String? = nil, settings: EndpointSettings, context: CredentialContext) {
        self.context = context
        self.settings = settings
        self.region = region ?? settings.region
    }

    /// Assumes a role, signed with the credentials of somebody who may.
    ///
    /// - Parameters:
    ///   - role: The role and what the session is called.
    ///   - credentials: Who assumes it.
    /// - Returns: The role's temporary credentials.
    /// - Throws: ``AWSCredentialError``; retrying helps where its ``AWSCredentialError/isRetryable`` says so.
    public func assumeRole(_ role: AssumedRole, as credentials: AWSCredentials) async throws -> AWSCredentials {
        var form = STSForm(action: "AssumeRole", role: role, context: context)
        if let externalID = role.externalID { form.fields.append(("ExternalId", externalID)) }
        let answer = try await call(form, partition: Partition(arn: role.arn), signedBy: credentials)
        return try sessionCredentials(answer, role: role, source: .assumeRole)
    }

    /// Assumes a role with the token of an identity provider, in a call that is not signed.
    ///
    /// - Parameters:
    ///   - role: The role and what the session is called.
    ///   - token: The identity provider's token.
    /// - Returns: The role's temporary credentials.
    /// - Throws: ``AWSCredentialError``; retrying helps where its ``AWSCredentialError/isRetryable`` says so.
    public func assumeRole(_ role: AssumedRole, withWebIdentity token: String) async throws -> AWSCredentials {
        var form = STSForm(action: "AssumeRoleWithWebIdentity", role: role, context: context)
        form.fields.append(("WebIdentityToken", token))
        let answer = try await call(form, partition: Partition(arn: role.arn), signedBy: nil)
        return try sessionCredentials(answer, role: role, source: .webIdentity)
    }

    /// Says whose credentials these are.
    ///
    /// AWS grants this call to everybody, so it is fit for diagnosis.
    ///
    /// - Parameter credentials: The credentials to explain.
    /// - Returns: Account, ARN and user ID.
    /// - Throws: ``AWSCredentialError``; retrying helps where its ``AWSCredentialError/isRetryable`` says so.
    public func callerIdentity(of credentials: AWSCredentials) async throws -> CallerIdentity {
        let form = STSForm(action: "GetCallerIdentity")
        let answer = try await call(form, partition: .aws, signedBy: credentials)
        guard let account = answer["Account"], let arn = answer["Arn"], let user = answer["UserId"] else {
            throw Self.unreadable(form)
        }
        return CallerIdentity(account: account, arn: arn, userID: user)
    }

    private func call(
        _ form: STSForm,
        partition: Partition,
        signedBy credentials: AWSCredentials?
    ) async throws -> XMLTexts {
        let region = region ?? settings.standInRegion(of: partition)
        let endpoint = try settings.endpoint(of: .sts, region: region)
        let caller = RetryingCaller(context: context, patience: .service, operation: form.operation)
        let response = try await caller.call({
            var request = form.request(to: endpoint)
            if let credentials {
                let signature = STSSignature(form: form, endpoint: endpoint, region: region, time: context.now())
                request.headers.append(contentsOf: try signature.headers(for: credentials))
            }
            return request
        }) { response in
            guard response.status != 200 else { return .accept }
            return ServiceError(response).verdict(status: response.status, operation: form.operation)
        }
        guard let answer = XMLTexts(response.body) else { throw Self.unreadable(form) }
        return answer
    }

    private func sessionCredentials(
        _ answer: XMLTexts,
        role: AssumedRole,
        source: AWSCredentialSourceKind
    ) throws -> AWSCredentials {
        guard
            let accessKeyID = answer["AccessKeyId"], let secret = answer["SecretAccessKey"],
            let token = answer["SessionToken"], let expiration = answer["Expiration"].flatMap({ Date(rfc3339: $0) })
        else {
            throw Self.unreadable(STSForm(action: source == .webIdentity ? "AssumeRoleWithWebIdentity" : "AssumeRole"))
        }
        return AWSCredentials(
            accessKeyID: accessKeyID,
            secretAccessKey: secret,
            sessionToken: token,
            expiration: expiration,
            accountID: Self.account(ofARN: answer["Arn"] ?? role.arn),
            provenance: .init(source: source, roleARN: role.arn)
        )
    }

    /// The fifth part of `arn:aws:sts::123456789012:assumed-role/reader/session`.
    private static func account(ofARN arn: String) -> String? {
        let parts = arn.splitBytes(separator: ":", omittingEmptySubsequences: false)
        return parts.count > 5 ? parts[4] : nil
    }

    private static func unreadable(_ form: STSForm) -> AWSCredentialError {
        AWSCredentialError(
            .invalidResponse,
            "\(form.operation) got an answer that is not one of STS. Check the endpoint."
        )
    }
}
