/// Which hosts may be sent the container authorization token.
///
/// Over `https` any host may. Over `http` the host must be, or resolve to nothing but, a loopback address or one of the addresses of ECS
/// and EKS: otherwise a variable could send the token anywhere in clear.
struct ContainerHostRule {
    let context: CredentialContext

    private static let awsAddresses = Set(
        ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"].compactMap { IPAddress($0) }
    )

    func check(_ endpoint: HTTPURL) async throws {
        guard !endpoint.isSecure else { return }
        let addresses = try await addresses(of: endpoint.host)
        guard !addresses.isEmpty, addresses.allSatisfy(Self.isAllowed) else {
            throw AWSCredentialError(
                .invalidConfiguration,
                """
                The host '\(endpoint.host)' of AWS_CONTAINER_CREDENTIALS_FULL_URI may not be asked over http: use https, \
                a loopback address or an address of ECS or EKS.
                """
            )
        }
    }

    /// An address that cannot be read is kept as nil, which is not allowed.
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
