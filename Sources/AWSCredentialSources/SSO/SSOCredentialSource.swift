import RDSIAMBasics
import RDSIAMSystem

/// A role of IAM Identity Center, by the sign-in of `aws sso login`.
///
/// Profiles lead to it.
struct SSOCredentialSource: AWSCredentialSource {
    let settings: SSOSettings
    let endpoints: EndpointSettings
    let context: CredentialContext
    let attempts: AttemptMemory

    var kind: AWSCredentialSourceKind { .sso }

    private static let operation = "SSO GetRoleCredentials"

    func credentials() async throws -> AWSCredentials {
        let provider = SSOTokenProvider(
            settings: settings,
            endpoints: endpoints,
            context: context,
            attempts: attempts
        )
        let request = try request(token: try await provider.token())
        let caller = endpoints.caller(context, limits: .service, operation: Self.operation)
        let response = try await caller.call(request, classify: classify)
        guard let credentials = credentials(in: response) else {
            throw AWSCredentialError(.invalidResponse, "\(Self.operation) answered something other than credentials.")
        }
        return credentials
    }

    private func request(token: String) throws -> CredentialHTTPRequest {
        let endpoint = try endpoints.endpoint(of: .sso, region: settings.region)
        let role = PercentEncoding.encode(settings.roleName)
        let account = PercentEncoding.encode(settings.accountID)
        return CredentialHTTPRequest(
            url: endpoint.appending("/federation/credentials?role_name=\(role)&account_id=\(account)"),
            headers: [("x-amz-sso_bearer_token", token)],
            mayUseProxy: endpoint.mayUseProxy
        )
    }

    private func classify(_ response: CredentialHTTPResponse) -> RetryingCaller.Classification {
        switch response.status {
        case 200: .accept
        case 401:
            .fail(
                AWSCredentialError(
                    .signInRequired,
                    "\(Self.operation) no longer accepts the sign-in. Run `\(settings.signInCommand)`."
                )
            )
        default: ServiceError(response).classification(status: response.status, operation: Self.operation)
        }
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
