import RDSIAMBasics

/// Reads the EC2 instance metadata service, version 2 and no other.
struct InstanceMetadataClient {
    let context: CredentialContext
    let endpoint: HTTPURL
    private let limits: RetryingCaller.Limits

    private static let operation = "The instance metadata service"
    private static let tokenHeader = "x-aws-ec2-metadata-token"

    /// Finds the service by the environment and a profile.
    ///
    /// - Throws: ``AWSCredentialError`` with the code `notConfigured` if it must not or cannot be asked.
    init(profile: ProfileSelection, context: CredentialContext) async throws {
        guard !context.isOn("AWS_EC2_METADATA_DISABLED") else {
            throw AWSCredentialError(.notConfigured, "AWS_EC2_METADATA_DISABLED is true.")
        }
        guard context.http != nil else {
            let reason = "There is no HTTP client: build with the trait AsyncHTTPClient or give one."
            throw AWSCredentialError(.notConfigured, reason)
        }
        let configuration = try await context.configuration.load(context)
        let section = try configuration.section(.profile, profile.name) ?? .init()
        self.context = context
        let settings = InstanceMetadataSettings(context: context, profile: section)
        self.endpoint = try settings.endpoint()
        self.limits = try settings.limits()
    }

    /// Reads with a session token and, if that runs out in between, once more with a new one.
    func session<Value>(_ read: (String) async throws -> Value) async throws -> Value {
        for _ in 0..<2 {
            do { return try await read(sessionToken()) } catch is SessionTokenRefused { continue }
        }
        throw AWSCredentialError(.refused, "\(Self.operation) refuses its own session token (status 401).")
    }

    /// The region the instance stands in; `nil` if the service knows none.
    func region() async throws -> String? {
        guard let body = try await session({ try await read("/latest/meta-data/placement/region", token: $0) }) else {
            return nil
        }
        let region = String(decoding: body, as: UTF8.self).trimmed
        guard EndpointSettings.isLabel(region) else { throw Self.unreadable("a region") }
        return region
    }

    /// Asks for a session token, which every read needs.
    ///
    /// A service that is not there means that nothing is configured: this is no EC2 instance.
    private func sessionToken() async throws -> String {
        let request = CredentialHTTPRequest(
            method: "PUT",
            url: endpoint.appending("/latest/api/token"),
            headers: [("x-aws-ec2-metadata-token-ttl-seconds", "21600")]
        )
        let response: CredentialHTTPResponse
        do {
            response = try await caller.call(request, classify: failureOfToken)
        } catch let error as AWSCredentialError where error.code == .unreachable {
            throw AWSCredentialError(.notConfigured, "\(error.message) This is no EC2 instance, or it is out of reach.")
        } catch let error as AWSCredentialError where error.code == .timedOut {
            let hint = "In a container the hop limit of the metadata service must be 2 or more."
            throw AWSCredentialError(.timedOut, "\(error.message) \(hint)")
        }
        let token = String(decoding: response.body, as: UTF8.self).trimmed
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Self.unreadable("a session token")
        }
        return token
    }

    /// Reads a path.
    ///
    /// - Returns: The body; `nil` if there is nothing at that path.
    /// - Throws: An error that ``session(_:)`` catches if the token is not, or no longer, accepted.
    func read(_ path: String, token: String) async throws -> [UInt8]? {
        let request = CredentialHTTPRequest(url: endpoint.appending(path), headers: [(Self.tokenHeader, token)])
        let response = try await caller.call(request) {
            [401, 404].contains($0.status) ? nil : caller.failure(of: $0)
        }
        guard response.status != 401 else { throw SessionTokenRefused() }
        return response.status == 404 ? nil : response.body
    }

    /// The session token ran out between two reads.
    private struct SessionTokenRefused: Error {}

    private var caller: RetryingCaller {
        RetryingCaller(context: context, limits: limits, operation: Self.operation)
    }

    private func failureOfToken(_ response: CredentialHTTPResponse) -> RetryingCaller.Failure? {
        guard response.status == 403 else { return caller.failure(of: response) }
        let message = "\(Self.operation) is switched off on this instance (status 403)."
        return .init(error: AWSCredentialError(.refused, message))
    }

    static func unreadable(_ expected: String) -> AWSCredentialError {
        AWSCredentialError(.invalidResponse, "\(operation) answered something other than \(expected).")
    }
}

/// Where the instance metadata service is reached.
struct InstanceMetadataSettings {
    let context: CredentialContext
    let profile: SharedConfiguration.Section

    /// The endpoint: the variable, the profile's key, then the mode of either.
    func endpoint() throws -> HTTPURL {
        let named = setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint")
        guard let named else { return try byMode() }
        guard let url = HTTPURL(named.containsBytes("://") ? named : "http://" + named) else {
            throw AWSCredentialError.invalid(
                "The instance metadata endpoint is not an http or https URL. Correct the variable or the profile."
            )
        }
        return url
    }

    /// How long and how often to try: the standard, as far as neither a variable nor the profile says otherwise.
    func limits() throws -> RetryingCaller.Limits {
        var limits = RetryingCaller.Limits.instanceMetadata
        if let timeout = try number("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", upTo: 60) {
            limits.connect = .seconds(timeout)
            limits.attempt = .seconds(timeout)
        }
        if let attempts = try number("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts", upTo: 20) {
            limits.attempts = attempts
            // More attempts than one are for a service that is slow to come up.
            limits.retriesConnecting = attempts > 1
        }
        // Each attempt gets its time, and the pauses between them theirs.
        limits.whole = max(limits.whole, (limits.attempt + .seconds(2)) * limits.attempts)
        return limits
    }

    private func number(_ variable: String, _ key: ByteText, upTo maximum: Int) throws -> Int? {
        guard let text = setting(variable, key) else { return nil }
        if let number = Int(text), 1...maximum ~= number { return number }
        let origin = context.variable(variable) == nil ? "The profile's \(key.string)" : variable
        throw AWSCredentialError.invalid(
            "\(origin) is not a whole number from 1 to \(maximum). Correct it."
        )
    }

    private func setting(_ variable: String, _ key: ByteText) -> String? {
        (context.variable(variable) ?? profile.value(key))?.trimmed
    }

    private func byMode() throws -> HTTPURL {
        let mode = setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode") ?? "IPv4"
        let text = ["ipv4": "http://169.254.169.254", "ipv6": "http://[fd00:ec2::254]"][mode.asciiLowercased()]
        guard let text, let url = HTTPURL(text) else {
            throw AWSCredentialError.invalid(
                "The instance metadata endpoint mode is neither IPv4 nor IPv6. Correct the variable or the profile."
            )
        }
        return url
    }
}
