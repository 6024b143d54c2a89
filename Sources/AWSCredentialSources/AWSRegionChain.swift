/// Finds the AWS region: `AWS_REGION`, then `AWS_DEFAULT_REGION`, then the profile's `region`.
public struct AWSRegionChain: Sendable {
    private let profile: String?
    private let context: CredentialContext

    /// Creates a chain.
    ///
    /// - Parameters:
    ///   - profile: The profile; nil leaves the choice to `AWS_PROFILE` and then `default`.
    ///   - context: The outside world.
    public init(profile: String? = nil, context: CredentialContext = .system) {
        self.profile = profile
        self.context = context
    }

    /// The region, such as `eu-west-2`; nil where nobody names one.
    ///
    /// - Throws: ``AWSCredentialError`` where a configuration file is unreadable or malformed.
    public func region() async throws -> String? {
        if let region = EndpointSettings(context: context, profile: [:], services: [:]).region { return region }
        let configuration = try await SharedConfigurationLoader(context: context).load()
        let name = ProfileSelection(profile, context: context).name
        return EndpointSettings(context: context, configuration: configuration, profile: name).region
    }
}
