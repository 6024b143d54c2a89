import RDSIAMBasics
import RDSIAMSystem

/// The container endpoint: ECS task roles and EKS Pod Identity.
///
/// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` outranks `AWS_CONTAINER_CREDENTIALS_FULL_URI`;
/// `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` outranks `AWS_CONTAINER_AUTHORIZATION_TOKEN`, and the file is read at each call.
public struct ContainerCredentialSource: AWSCredentialSource {
    private let context: CredentialContext

    /// Creates the source.
    ///
    /// - Parameter context: The outside world.
    public init(context: CredentialContext = .system) {
        self.context = context
    }

    /// ``AWSCredentialSourceKind/container``.
    public var kind: AWSCredentialSourceKind { .container }

    /// Asks the endpoint.
    ///
    /// - Throws: ``AWSCredentialError``: `notConfigured` where neither variable is set, `invalidConfiguration` for an endpoint or a token
    ///   that may not be used, `unreadableFile`, or what the endpoint answers.
    public func credentials() async throws -> AWSCredentials {
        let endpoint = try endpoint()
        try await ContainerHostRule(context: context).check(endpoint)
        var headers = [(name: "accept", value: "application/json")]
        if let token = try await authorizationToken() { headers.append((name: "authorization", value: token)) }
        let request = CredentialHTTPRequest(url: endpoint.text, headers: headers, mayUseProxy: endpoint.mayUseProxy)
        let caller = RetryingCaller(context: context, patience: .container, operation: "The container endpoint")
        let response = try await caller.call(request, judge: Self.judge)
        guard let credentials = Self.credentials(in: response) else { throw Self.unreadable }
        return credentials
    }

    private func endpoint() throws -> HTTPURL {
        if let relative = context.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")?.trimmed {
            let separator = relative.hasBytePrefix("/") ? "" : "/"
            guard let url = HTTPURL("http://169.254.170.2\(separator)\(relative)") else {
                throw Self.invalid("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not a path.")
            }
            return url
        }
        guard let full = context.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") else {
            throw AWSCredentialError(
                .notConfigured,
                "Neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set."
            )
        }
        guard let url = HTTPURL(full.trimmed) else {
            throw Self.invalid("AWS_CONTAINER_CREDENTIALS_FULL_URI is not an http or https URL.")
        }
        return url
    }

    private func authorizationToken() async throws -> String? {
        let token: String
        if let file = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            token = try await SecretFile(context: context).text(
                of: file,
                what: "The container authorization token file"
            )
        } else if let variable = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            token = variable
        } else {
            return nil
        }
        guard token.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw Self.invalid("The container authorization token holds a control character, such as a line end.")
        }
        return token
    }

    /// A broken document may be one that is being written: it is worth another attempt.
    private static func judge(_ response: CredentialHTTPResponse) -> RetryingCaller.Verdict {
        guard response.status == 200 else {
            return ServiceError(response).verdict(status: response.status, operation: "The container endpoint")
        }
        return credentials(in: response) == nil ? .retry(unreadable) : .accept
    }

    private static func credentials(in response: CredentialHTTPResponse) -> AWSCredentials? {
        guard let members = JSONValue.object(response.body) else { return nil }
        let provenance = AWSCredentials.Provenance(source: .container, roleARN: members.text("RoleArn"))
        return CredentialDocument(members: members).credentials(provenance)
    }

    private static func invalid(_ message: String) -> AWSCredentialError {
        AWSCredentialError(.invalidConfiguration, message)
    }

    private static let unreadable = AWSCredentialError(
        .invalidResponse,
        "The container endpoint answered something other than credentials."
    )
}
