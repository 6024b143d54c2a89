public import AWSCredentialSources
public import AuthTokens
import RDSIAMBasics
import Synchronization

/// What connection strings mean by `aws_rds_iam_credentials`, `aws_rds_iam_profile` and `aws_rds_iam_role_arn`.
///
/// The generators for AWS share one, in which a program gives its own sources names when it starts:
///
/// ```swift
/// try AWSCredentialSourceRegistry.shared.add("reporting") { .profile("reporting") }
/// // postgresql://…?aws_rds_iam_auth_token_generator=default&aws_rds_iam_credentials=reporting
/// ```
///
/// Each source is built when it is first named, once. Its credentials are cached by a `RefreshingCredentialSource`, for
/// as long as its name stands for it.
public final class AWSCredentialSourceRegistry: Sendable {
    /// Makes the source that a name stands for.
    public typealias Build = @Sendable () async throws -> any AWSCredentialSource

    /// The registry that the generators use unless they are given another.
    public static let shared = AWSCredentialSourceRegistry()

    let context: CredentialContext
    private let registry: Registry<RefreshingCredentialSource>
    /// The sources that have no name: those of profiles and roles.
    private let unnamed = Mutex<[Unnamed: RefreshingCredentialSource]>([:])

    private enum Unnamed: Hashable {
        case profile(ByteText, withChain: Bool)
        case role(CredentialSettings.Role, ByteText?, region: ByteText?, standIn: ByteText?, ObjectIdentifier)
    }

    private static let capacity = 256

    /// Creates a registry with the standard names: `default`, `environment`, `profile`, `web-identity`, `container` and
    /// `imds`.
    ///
    /// - Parameter context: The environment of the standard sources, profiles and roles.
    public init(context: CredentialContext = .system) {
        self.context = context
        let standard: [(String, Build)] = [
            ("default", { AWSCredentialChain.default(context: context) }),
            ("environment", { EnvironmentCredentialSource(context: context) }),
            ("profile", { ProfileCredentialSource(context: context) }),
            ("web-identity", { WebIdentityCredentialSource(context: context) }),
            ("container", { ContainerCredentialSource(context: context) }),
            ("imds", { InstanceMetadataCredentialSource(context: context) }),
        ]
        registry = Registry(
            of: "credential source",
            defaults: standard.map { name, build in (name, { .wrapping(try await build(), context: context) }) }
        )
    }

    /// Registers a name.
    ///
    /// - Parameters:
    ///   - name: The name to look up later. Uppercase and lowercase differ. It must not be empty.
    ///   - replacing: Whether the name may be registered already.
    ///   - build: Makes the source, at the first look-up.
    /// - Throws: `NamedRegistryError` if the name is empty, or taken and `replacing` is `false`; do not retry.
    public func add(_ name: String, replacing: Bool = false, _ build: @escaping Build) throws(NamedRegistryError) {
        try registry.add(name, replacing: replacing) { [context] in .wrapping(try await build(), context: context) }
    }

    /// Removes a name.
    ///
    /// - Returns: Whether it was registered.
    @discardableResult
    public func remove(_ name: String) -> Bool { registry.remove(name) }

    /// Returns the registry to the standard names, without any cached credentials.
    package func reset() {
        registry.reset()
        unnamed.withLock { $0 = [:] }
    }

    /// The registered names, in the order in which they were first added.
    public var names: [String] { registry.names }

    /// Returns the source that a name stands for, and builds it first if necessary.
    ///
    /// - Throws: `NamedRegistryError` if the name is unknown; what building the source throws.
    public func value(named name: String) async throws -> any AWSCredentialSource {
        try await registry.value(named: name)
    }

    /// Returns the source that a connection string asks for, or the generator's own if it asks for none.
    ///
    /// - Parameters:
    ///   - request: What a token is asked for.
    ///   - own: The generator's own source.
    ///   - region: The region whose STS assumes a role if neither the string nor the AWS configuration names one.
    /// - Throws: `NamedRegistryError` for an unknown name; what building the source throws; ``AWSGeneratorError`` for
    ///   settings that contradict each other.
    func source(
        for request: AuthTokenRequest,
        own: RefreshingCredentialSource,
        region: @autoclosure () -> String?
    ) async throws -> RefreshingCredentialSource {
        if request.parameters.isEmpty { return own }
        let settings = try CredentialSettings(of: request)
        if let base = base(of: settings, own: own) { return assuming(settings, from: base, region: region()) }
        let base = try await registry.value(named: settings.source?.string ?? "")
        return assuming(settings, from: base, region: region())
    }

    /// Returns the same, or `nil` if the source must be built first.
    func knownSource(
        for request: AuthTokenRequest,
        own: RefreshingCredentialSource,
        region: @autoclosure () -> String?
    ) -> RefreshingCredentialSource? {
        if request.parameters.isEmpty { return own }
        guard let settings = try? CredentialSettings(of: request) else { return nil }
        return base(of: settings, own: own).map { assuming(settings, from: $0, region: region()) }
    }

    /// The source before any role is assumed.
    private func base(
        of settings: CredentialSettings,
        own: RefreshingCredentialSource
    ) -> RefreshingCredentialSource? {
        guard let profile = settings.profile else {
            return settings.source.map { registry.builtValue(named: $0.string) } ?? own
        }
        let usesChain = settings.source != "profile"
        return cached(.profile(profile, withChain: usesChain)) {
            if usesChain { return AWSCredentialChain.default(profile: profile.string, context: context) }
            return ProfileCredentialSource(profile.string, context: context)
        }
    }

    private func assuming(
        _ settings: CredentialSettings,
        from base: RefreshingCredentialSource,
        region: @autoclosure () -> String?
    ) -> RefreshingCredentialSource {
        guard let role = settings.role else { return base }
        let standIn = settings.region == nil ? region().map { ByteText($0) } : nil
        // The new source holds the base, so no other object gets the identifier while it is cached.
        let key = Unnamed.role(
            role,
            settings.profile,
            region: settings.region,
            standIn: standIn,
            ObjectIdentifier(base)
        )
        return cached(key) {
            let client = STSClient(
                region: settings.region?.string,
                standIn: standIn?.string,
                profile: settings.profile?.string,
                context: context
            )
            return AssumeRoleCredentialSource(role.assumed, from: base, client: client)
        }
    }

    private func cached(
        _ key: Unnamed,
        _ make: () -> any AWSCredentialSource
    ) -> RefreshingCredentialSource {
        unnamed.withLock { unnamed in
            if let known = unnamed[key] { return known }
            // Odd connection strings must not fill the memory.
            if unnamed.count >= Self.capacity { unnamed = [:] }
            let source = RefreshingCredentialSource.wrapping(make(), context: context)
            unnamed[key] = source
            return source
        }
    }
}
