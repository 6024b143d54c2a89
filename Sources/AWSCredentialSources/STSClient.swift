import RDSIAMBasics
import RDSIAMSystem

/// A client for the three calls of the AWS Security Token Service that return or explain credentials.
///
/// The endpoint is the regional one. It follows the settings that the AWS CLI follows, in the environment and in a
/// profile: the region, FIPS and dual-stack, and endpoint overrides such as `AWS_ENDPOINT_URL_STS`.
public struct STSClient: Sendable {
    private let context: CredentialContext
    private let settings: EndpointSettings.Origin
    private let region: String?
    /// The region to use if neither the caller nor a setting names one.
    private var standInRegion: String?

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - region: The region; `nil` leaves it to `AWS_REGION`, `AWS_DEFAULT_REGION` and the profile, and then to the
    ///     partition of the role.
    ///   - profile: The profile whose settings hold; `nil` leaves the choice to `AWS_PROFILE` and then `default`.
    ///   - context: The environment.
    public init(region: String? = nil, profile: String? = nil, context: CredentialContext = .system) {
        self.init(region: region, settings: .profile(profile), context: context)
    }

    /// Creates a client that asks at the STS of a stand-in region if neither the caller nor a setting names one: what
    /// the global endpoint issues is not valid in regions that an account must opt in to.
    package init(region: String?, standIn: String?, profile: String?, context: CredentialContext) {
        self.init(region: region, settings: .profile(profile), context: context)
        standInRegion = standIn
    }

    init(region: String? = nil, settings: EndpointSettings.Origin, context: CredentialContext) {
        self.context = context
        self.settings = settings
        self.region = region
    }

    /// Assumes a role, signed with the credentials of a principal that may.
    ///
    /// - Parameters:
    ///   - role: The role and what the session is called.
    ///   - credentials: What signs the call.
    /// - Returns: The role's temporary credentials.
    /// - Throws: ``AWSCredentialError``; its ``AWSCredentialError/isRetryable`` says whether to retry.
    package func assumeRole(_ role: AssumedRole, as credentials: AWSCredentials) async throws -> AWSCredentials {
        var fields: Fields = []
        if let externalID = role.externalID { fields.append(("ExternalId", externalID)) }
        let code = try await mfaCode(for: role)
        if let code { fields += [("SerialNumber", role.mfaSerialNumber ?? ""), ("TokenCode", code)] }
        return try await assume(role, "AssumeRole", fields, signedBy: credentials, secret: code, source: .assumeRole)
    }

    private func mfaCode(for role: AssumedRole) async throws -> String? {
        guard let serialNumber = role.mfaSerialNumber else { return nil }
        guard let ask = context.terminal.mfaCode else {
            throw AWSCredentialError(
                .unsupported,
                "The role \(role.arn) asks for a code of the MFA device \(serialNumber), and there is no terminal to ask at. "
                    + "Use credential_process or SSO."
            )
        }
        do {
            return try await ask(serialNumber)
        } catch {
            try CancellationError.rethrow(error)
            throw AWSCredentialError(
                .unsupported,
                "No code of the MFA device \(serialNumber) came for the role \(role.arn). Enter one, or use SSO.",
                underlyingError: error
            )
        }
    }

    /// Assumes a role with the token of an identity provider, in a call that is not signed.
    ///
    /// - Parameters:
    ///   - role: The role and what the session is called.
    ///   - token: The identity provider's token.
    /// - Returns: The role's temporary credentials.
    /// - Throws: ``AWSCredentialError``; its ``AWSCredentialError/isRetryable`` says whether to retry.
    package func assumeRole(_ role: AssumedRole, withWebIdentity token: String) async throws -> AWSCredentials {
        let fields = [(name: "WebIdentityToken", value: token)]
        let action = "AssumeRoleWithWebIdentity"
        return try await assume(role, action, fields, signedBy: nil, secret: token, source: .webIdentity)
    }

    /// Says whose credentials these are.
    ///
    /// AWS grants this call to every principal, so it is fit for diagnosis.
    ///
    /// - Parameter credentials: The credentials to explain.
    /// - Returns: Account, ARN and user ID.
    /// - Throws: ``AWSCredentialError``; its ``AWSCredentialError/isRetryable`` says whether to retry.
    public func callerIdentity(of credentials: AWSCredentials) async throws -> CallerIdentity {
        let action = "GetCallerIdentity"
        let answer = try await call(action, [], signedBy: credentials)
        guard let account = answer["Account"], let arn = answer["Arn"], let user = answer["UserId"] else {
            throw Self.unreadable(action)
        }
        return CallerIdentity(account: account, arn: arn, userID: user)
    }

    private typealias Fields = [(name: String, value: String)]

    private func fields(of role: AssumedRole, source: AWSCredentialSourceKind) -> Fields {
        let session = role.sessionName ?? "\(source)-\(context.now().wholeUnixMilliseconds)"
        let fields = [(name: "RoleArn", value: role.arn), (name: "RoleSessionName", value: session)]
        return fields + (role.durationSeconds.map { [(name: "DurationSeconds", value: String($0))] } ?? [])
    }

    private func call(
        _ action: String,
        _ fields: Fields,
        role: AssumedRole? = nil,
        signedBy credentials: AWSCredentials?,
        secret: String? = nil
    ) async throws -> XMLTexts {
        let settings = try await settings.load(context)
        var format = AWSServiceCall.Format.form
        format.accept = "application/xml"
        let partition = role.map { Partition(arn: $0.arn) } ?? .aws
        let standIn = standInRegion.flatMap { Partition(region: $0) == partition ? $0 : nil }
        var call = AWSServiceCall(
            .sts,
            action,
            format: format,
            region: region ?? settings.region ?? standIn ?? settings.standInRegion(of: partition),
            context: context
        )
        call.settings = .known(settings)
        call.subject = role.map { "for the role \($0.arn)" }
        call.secrets = [secret].compactMap(\.self)
        let form = AWSServiceCall.form([("Action", action), ("Version", "2011-06-15")] + fields)
        guard let answer = XMLTexts(try await call.answer(to: form, signedBy: credentials)) else {
            throw Self.unreadable(action)
        }
        return answer
    }

    private func assume(
        _ role: AssumedRole,
        _ action: String,
        _ fields: Fields,
        signedBy base: AWSCredentials?,
        secret: String? = nil,
        source: AWSCredentialSourceKind
    ) async throws -> AWSCredentials {
        let fields = self.fields(of: role, source: source) + fields
        let answer = try await call(action, fields, role: role, signedBy: base, secret: secret)
        guard
            let accessKeyID = answer["AccessKeyId"], let secret = answer["SecretAccessKey"],
            let token = answer["SessionToken"], let expiration = answer["Expiration"].flatMap(Expiration.date)
        else { throw Self.unreadable(action) }
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

    private static func unreadable(_ action: String) -> AWSCredentialError {
        AWSCredentialError(
            .invalidResponse,
            "STS \(action) got an answer that is not one of STS. Check the endpoint."
        )
    }
}

/// Whose credentials some credentials are.
public struct CallerIdentity: Sendable {
    /// The AWS account number.
    public internal(set) var account: String
    /// The ARN of the user or the role session.
    public internal(set) var arn: String
    /// The unique identifier of the user, or of the role and the session's name.
    public internal(set) var userID: String
}
