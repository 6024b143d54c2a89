import RDSIAMBasics
import RDSIAMSystem

/// The container endpoint: ECS task roles and EKS Pod Identity.
///
/// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` outranks `AWS_CONTAINER_CREDENTIALS_FULL_URI`;
/// `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` outranks `AWS_CONTAINER_AUTHORIZATION_TOKEN`, and the file is read at each
/// call.
public struct ContainerCredentialSource: AWSCredentialSource {
    private let context: CredentialContext

    /// Creates the source.
    ///
    /// - Parameter context: The environment.
    public init(context: CredentialContext = .system) {
        self.context = context
    }

    /// ``AWSCredentialSourceKind/container``.
    public var kind: AWSCredentialSourceKind { .container }

    /// Asks the endpoint.
    ///
    /// - Throws: ``AWSCredentialError``: `notConfigured` if neither variable is set, `invalidConfiguration` for an
    ///   endpoint or a token that may not be used, `unreadableFile`, or what the endpoint answers.
    public func credentials() async throws -> AWSCredentials {
        let endpoint = try endpoint()
        let isLocal = try await ContainerHostRule(context: context).isLocal(endpoint)
        var headers = [(name: "accept", value: "application/json")]
        if let token = try await authorizationToken() { headers.append((name: "authorization", value: token)) }
        let request = CredentialHTTPRequest(url: endpoint.text, headers: headers, mayUseProxy: !isLocal)
        let caller = RetryingCaller(context: context, limits: .container, operation: "The container endpoint")
        let response = try await caller.call(request) { response in
            if let failure = caller.failure(of: response) { return failure }
            do throws(AWSCredentialError) {
                _ = try Self.credentials(in: response)
                return nil
            } catch {
                // A broken document may be one that is being written.
                return .init(error: error, mayPass: true)
            }
        }
        return try Self.credentials(in: response)
    }

    private func endpoint() throws -> HTTPURL {
        if let relative = context.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")?.trimmed {
            let separator = relative.hasBytePrefix("/") ? "" : "/"
            guard let url = HTTPURL("http://169.254.170.2\(separator)\(relative)") else {
                throw AWSCredentialError.invalid("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not a path. Correct it.")
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
            throw AWSCredentialError.invalid(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI is not an http or https URL. Correct it."
            )
        }
        return url
    }

    private func authorizationToken() async throws -> String? {
        let token: String
        if let file = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            token = try await context.secret(in: file, what: "The container authorization token file")
        } else if let variable = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            token = variable
        } else {
            return nil
        }
        guard token.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw AWSCredentialError.invalid(
                "The container authorization token holds a control character, such as a line end. Remove it."
            )
        }
        return token
    }

    private static func credentials(
        in response: CredentialHTTPResponse
    ) throws(AWSCredentialError) -> AWSCredentials {
        let name = "The container endpoint answered something other than credentials: its document"
        guard let members = JSONValue.object(response.body) else {
            throw AWSCredentialError(.invalidResponse, "\(name) is not JSON.")
        }
        let provenance = AWSCredentials.Provenance(source: .container, roleARN: members.text("RoleArn"))
        return try CredentialDocument(members: members, name: name).credentials(provenance)
    }
}

/// Which hosts may be sent the container authorization token.
///
/// Over `https` any host may. Over `http` the host must be, or resolve to nothing but, a loopback address or one of the
/// addresses of ECS and EKS: otherwise a variable could send the token anywhere in clear.
struct ContainerHostRule {
    let context: CredentialContext

    private static let awsAddresses = Set(
        ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"].compactMap { IPAddress($0) }
    )

    /// Returns whether the endpoint is on this machine or its link, which a proxy cannot reach or must not see.
    ///
    /// - Throws: ``AWSCredentialError`` if it may not be asked.
    func isLocal(_ endpoint: HTTPURL) async throws -> Bool {
        let addresses: [IPAddress?]
        do {
            addresses = try await self.addresses(of: endpoint.host)
        } catch is AWSCredentialError where endpoint.isSecure {
            // A name that only a proxy can look up is fine over https.
            return false
        }
        guard !endpoint.isSecure else {
            return !addresses.isEmpty && addresses.allSatisfy { $0.map { $0.isLoopback || $0.isLinkLocal } ?? false }
        }
        guard !addresses.isEmpty, addresses.allSatisfy(Self.isAllowed) else {
            throw AWSCredentialError.invalid(
                """
                The host '\(endpoint.host)' of AWS_CONTAINER_CREDENTIALS_FULL_URI may not be asked over http: use https, \
                a loopback address or an address of ECS or EKS.
                """
            )
        }
        return true
    }

    /// An address that cannot be read becomes `nil`, which is not allowed.
    private func addresses(of host: String) async throws -> [IPAddress?] {
        if let address = IPAddress(host) { return [address] }
        do {
            return try await context.resolver.addresses(of: host).map { IPAddress($0) }
        } catch {
            try CancellationError.rethrow(error)
            throw AWSCredentialError(
                .unreachable,
                "The host '\(host)' of the container endpoint cannot be looked up. Check the resolver.",
                underlyingError: error
            )
        }
    }

    private static func isAllowed(_ address: IPAddress?) -> Bool {
        guard let address else { return false }
        return address.isLoopback || awsAddresses.contains(address)
    }
}
