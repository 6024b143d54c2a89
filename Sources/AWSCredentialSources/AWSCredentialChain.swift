public import RDSIAMSystem

/// Sources asked one after another until one has credentials.
///
/// Only ``AWSCredentialError/Code/notConfigured`` makes it ask the next. A source that is configured and fails stops
/// the chain: going on would silently act as a different, often more powerful, principal.
public struct AWSCredentialChain: AWSCredentialSource {
    private let sources: [any AWSCredentialSource]
    private let context: CredentialContext

    /// Creates a chain.
    ///
    /// - Parameters:
    ///   - sources: The sources, first to be asked first.
    ///   - context: The environment; the chain takes its clock from it.
    public init(_ sources: [any AWSCredentialSource], context: CredentialContext = .system) {
        self.sources = sources
        self.context = context
    }

    /// Returns the credentials of the first source that has any.
    ///
    /// - Throws: ``AWSCredentialError`` with the trail of every source that was asked.
    public func credentials() async throws -> AWSCredentials {
        try await resolve().credentials
    }

    /// Returns the credentials of the first source that has any; one that caches respects the lifetime.
    ///
    /// - Throws: ``AWSCredentialError`` with the trail of every source that was asked.
    public func credentials(validFor lifetime: TimeInterval) async throws -> AWSCredentials {
        try await resolve { try await $0.credentials(validFor: lifetime) }.credentials
    }

    /// Returns the first source's answer: whether a later one would be asked cannot be told without asking the first.
    public func cachedCredentials() -> AWSCredentials? { sources.first?.cachedCredentials() }

    /// Tells each source.
    public func invalidate(accessKeyID: String) {
        for source in sources { source.invalidate(accessKeyID: accessKeyID) }
    }

    /// Returns the credentials of the first source that has any, together with the trail.
    ///
    /// - Returns: The credentials, and what came of asking each source up to the one that had them.
    /// - Throws: ``AWSCredentialError`` with the trail of every source that was asked.
    public func resolve() async throws -> (credentials: AWSCredentials, trail: [CredentialAttempt]) {
        try await resolve { try await $0.credentials() }
    }

    private func resolve(
        _ ask: (any AWSCredentialSource) async throws -> AWSCredentials
    ) async throws -> (credentials: AWSCredentials, trail: [CredentialAttempt]) {
        var trail: [CredentialAttempt] = []
        for source in sources {
            let start = context.uptime()
            do {
                let credentials = try await ask(source)
                trail.append(CredentialAttempt(source: source.kind, elapsed: context.elapsed(since: start)))
                return (credentials, trail)
            } catch {
                var failure = try AWSCredentialError.wrapping(error)
                trail += lines(for: failure, of: source, elapsed: context.elapsed(since: start))
                guard failure.code == .notConfigured else {
                    failure.trail = trail
                    throw failure
                }
            }
        }
        throw AWSCredentialError(.notConfigured, Self.nothingFound, trail: trail)
    }

    private func lines(
        for error: AWSCredentialError,
        of source: any AWSCredentialSource,
        elapsed: Duration
    ) -> [CredentialAttempt] {
        guard error.trail.isEmpty else { return error.trail }
        return [CredentialAttempt(source: source.kind, code: error.code, reason: error.message, elapsed: elapsed)]
    }

    private static let nothingFound = """
        No AWS credentials were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile with AWS_PROFILE, \
        or run where AWS provides a role.
        """
}

extension AWSCredentialChain {
    /// The order in which AWS SDKs look for credentials: environment, profile, web identity, container, instance
    /// metadata.
    ///
    /// A profile named in code outranks the environment, whose keys and web identity are then left out, as in botocore.
    /// `AWS_PROFILE` does not.
    ///
    /// - Parameters:
    ///   - profile: A profile named in code; `nil` leaves the choice to `AWS_PROFILE` and then `default`.
    ///   - context: The environment.
    /// - Returns: The chain. It asks again each time: wrap it in ``RefreshingCredentialSource`` to cache what it finds.
    public static func `default`(profile: String? = nil, context: CredentialContext = .system) -> AWSCredentialChain {
        var sources: [any AWSCredentialSource] = []
        if profile == nil { sources.append(EnvironmentCredentialSource(context: context)) }
        sources.append(ProfileCredentialSource(profile, context: context))
        if profile == nil { sources.append(WebIdentityCredentialSource(context: context)) }
        sources.append(ContainerCredentialSource(context: context))
        sources.append(InstanceMetadataCredentialSource(profile: profile, context: context))
        return AWSCredentialChain(sources, context: context)
    }
}

/// One line of a trail: which source was asked, what came of it, how long it took.
///
/// It never holds a secret.
public struct CredentialAttempt: Sendable, Hashable {
    /// The source that was asked.
    public internal(set) var source: AWSCredentialSourceKind
    /// The error code; `nil` if credentials came.
    public internal(set) var code: AWSCredentialError.Code?
    /// Why there was nothing; empty if credentials came.
    public internal(set) var reason = ""
    /// How long the source took.
    package internal(set) var elapsed: Duration
}

extension CredentialAttempt: CustomStringConvertible {
    /// The source, the reason and the time in milliseconds.
    public var description: String {
        let milliseconds = elapsed / .milliseconds(1)
        let rounded = (milliseconds * 10).rounded() / 10
        return "\(source) (\(rounded) ms): \(code == nil ? "credentials" : reason)"
    }
}
