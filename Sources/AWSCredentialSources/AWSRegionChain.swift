/// Finds the AWS region: `AWS_REGION`, then `AWS_DEFAULT_REGION`, then the profile's `region`, then, only if asked
/// for, the region the EC2 instance stands in.
public struct AWSRegionChain: Sendable {
    private let profile: String?
    private let asksInstanceMetadata: Bool
    private let context: CredentialContext

    /// Creates a chain.
    ///
    /// - Parameters:
    ///   - profile: The profile; `nil` leaves the choice to `AWS_PROFILE` and then `default`.
    ///   - asksInstanceMetadata: Whether to ask the instance metadata service if nothing else names a region, which may
    ///     take a second on a machine that is no EC2 instance.
    ///   - context: The environment.
    public init(profile: String? = nil, asksInstanceMetadata: Bool = false, context: CredentialContext = .system) {
        self.profile = profile
        self.asksInstanceMetadata = asksInstanceMetadata
        self.context = context
    }

    /// The region, such as `eu-west-2`; `nil` if there is none.
    ///
    /// - Throws: ``AWSCredentialError`` if a configuration file is unreadable or malformed, or an instance metadata
    ///   service that is there gives no proper answer.
    public func region() async throws -> String? {
        if let region = EndpointSettings(context: context).region { return region }
        if let region = try region(in: try await context.configuration.load(context)) { return region }
        return asksInstanceMetadata ? try await regionOfInstance() : nil
    }

    /// Returns the region that ``region()`` would return now without I/O and without waiting, or `nil`.
    ///
    /// It looks at the shared-configuration files, as far as they have been read, at most once a second. It does not
    /// know the region of an EC2 instance.
    package func cachedRegion() -> String? {
        if let region = EndpointSettings(context: context).region { return region }
        guard let configuration = context.configuration.cached(context) else { return nil }
        return try? region(in: configuration)
    }

    private func region(in configuration: SharedConfiguration) throws -> String? {
        let name = ProfileSelection(profile, context: context).name
        return try EndpointSettings(context: context, configuration: configuration, profile: name).region
    }

    private func regionOfInstance() async throws -> String? {
        do {
            let selection = ProfileSelection(profile, context: context)
            return try await InstanceMetadataClient(profile: selection, context: context).region()
        } catch let error as AWSCredentialError where error.code == .notConfigured {
            return nil
        }
    }
}
