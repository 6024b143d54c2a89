import RDSIAMBasics
import RDSIAMSystem

/// A role of IAM Identity Center, by the sign-in of `aws sso login`.
///
/// Profiles lead to it.
struct SSOCredentialSource: AWSCredentialSource {
    let signIn: SSOTokenProvider

    var kind: AWSCredentialSourceKind { .sso }

    private static let operation = "SSO GetRoleCredentials"

    func credentials() async throws -> AWSCredentials {
        let request = try request(token: try await signIn.token())
        let caller = signIn.endpoints.caller(operation: Self.operation)
        let response = try await caller.call(request) { response in
            guard response.status == 401 else { return caller.failure(of: response) }
            let message = "\(Self.operation) no longer accepts the sign-in. Run `\(settings.signInCommand)`."
            return .init(error: AWSCredentialError(.signInRequired, message))
        }
        guard let credentials = credentials(in: response) else {
            throw AWSCredentialError(.invalidResponse, "\(Self.operation) answered something other than credentials.")
        }
        return credentials
    }

    private var settings: SSOSettings { signIn.settings }

    private func request(token: String) throws -> CredentialHTTPRequest {
        let endpoint = try signIn.endpoints.endpoint(of: .sso, region: settings.region)
        let role = PercentEncoding.encode(settings.roleName)
        let account = PercentEncoding.encode(settings.accountID)
        return CredentialHTTPRequest(
            url: endpoint.appending("/federation/credentials?role_name=\(role)&account_id=\(account)"),
            headers: [("x-amz-sso_bearer_token", token)],
            mayUseProxy: endpoint.mayUseProxy
        )
    }

    private func credentials(in response: CredentialHTTPResponse) -> AWSCredentials? {
        guard
            let members = JSONValue.object(response.body)?.object("roleCredentials"),
            let accessKeyID = members.text("accessKeyId"), let secret = members.text("secretAccessKey"),
            let token = members.text("sessionToken"), let milliseconds = members.integer("expiration")
        else { return nil }
        return AWSCredentials(
            accessKeyID: accessKeyID,
            secretAccessKey: secret,
            sessionToken: token,
            expiration: Date(timeIntervalSince1970: TimeInterval(milliseconds) / 1000),
            accountID: settings.accountID,
            provenance: .init(source: .sso, profile: settings.profile)
        )
    }
}

/// What a profile says about IAM Identity Center.
struct SSOSettings: Sendable {
    /// The `sso-session` section; nil in the legacy form.
    var session: String?
    var startURL: String
    var region: String
    var accountID: String
    var roleName: String
    var profile: String

    /// What `aws sso login` must be called with.
    var signInCommand: String {
        session.map { "aws sso login --sso-session \($0.shellWord)" }
            ?? "aws sso login --profile \(profile.shellWord)"
    }

    /// Reads a profile.
    ///
    /// - Returns: `nil` if the profile has nothing to do with roles of Identity Center; a profile with a session alone
    ///   is for bearer tokens.
    /// - Throws: ``AWSCredentialError`` with the code `invalidConfiguration` for half a configuration.
    init?(profile name: String, in configuration: SharedConfiguration) throws {
        // An account or a role makes it a matter of credentials.
        guard let profile = try configuration.section(.profile, name),
            profile.value("sso_account_id") != nil || profile.value("sso_role_name") != nil
        else { return nil }
        let sessionName = profile.value("sso_session")
        let session = try sessionName.map { try Self.session($0, of: name, profile: profile, in: configuration) }
        let source = session ?? profile
        var missing: [String] = []
        func need(_ key: ByteText, in section: SharedConfiguration.Section) -> String {
            if let value = section.value(key) { return value }
            missing.append(key.string)
            return ""
        }
        self.session = sessionName
        startURL = need("sso_start_url", in: source)
        region = need("sso_region", in: source)
        accountID = need("sso_account_id", in: profile)
        roleName = need("sso_role_name", in: profile)
        self.profile = name
        guard missing.isEmpty else {
            throw AWSCredentialError.invalid(
                "The profile '\(name)' is set up for SSO but lacks \(missing.joined(separator: ", ")). Run `aws configure sso`."
            )
        }
    }

    private static func session(
        _ name: String,
        of profileName: String,
        profile: SharedConfiguration.Section,
        in configuration: SharedConfiguration
    ) throws -> SharedConfiguration.Section {
        guard let session = try configuration.section(.ssoSession, name) else {
            throw AWSCredentialError.invalid(
                "The profile '\(profileName)' names the sso-session '\(name)', which does not exist. Add it, or run `aws configure sso`."
                    + configuration.hints
            )
        }
        for key: ByteText in ["sso_start_url", "sso_region"] {
            guard let own = profile.value(key), ByteText(own) != session.value(key).byteText else { continue }
            throw AWSCredentialError.invalid(
                "The profile '\(profileName)' and its sso-session '\(name)' differ in \(key). Correct one of them."
            )
        }
        return session
    }
}
