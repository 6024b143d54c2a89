public import AWSCredentialSources
public import AuthTokens
import RDSIAMBasics
import Synchronization

/// A registry of credential sources: what a connection string's `aws_rds_iam_credentials` names.
public typealias AWSCredentialSourceRegistry = NamedRegistry<any AWSCredentialSource>

/// What connection strings mean by `aws_rds_iam_credentials`, `aws_rds_iam_profile` and `aws_rds_iam_role_arn`.
///
/// The AWS generators share one, in which a program gives its own sources names at start-up:
///
/// ```swift
/// try AWSCredentialDirectory.shared.sources.add("reporting") { ProfileCredentialSource("reporting") }
/// // postgresql://…?aws_rds_iam_auth_token_generator=default&aws_rds_iam_credentials=reporting
/// ```
///
/// Each source is built when it is first named, once. Its credentials are cached until shortly before the end that they
/// state, and no longer than its name stands for it; credentials without an end are asked for each time, unless the
/// source is a `RefreshingCredentialSource`.
public final class AWSCredentialDirectory: Sendable {
    /// The keyword that names a source.
    public static let credentialsKeyword = "aws_rds_iam_credentials"
    /// The keyword that names a profile of the shared configuration.
    ///
    /// By itself, or with `aws_rds_iam_credentials=default`, it outranks the environment's keys in the default chain,
    /// as `--profile` does in the AWS CLI. With `aws_rds_iam_credentials=profile` the profile alone is asked. Its
    /// region counts as the AWS configuration's.
    public static let profileKeyword = "aws_rds_iam_profile"
    /// The keyword that names a role to assume with the credentials (STS, `AssumeRole`).
    public static let roleKeyword = "aws_rds_iam_role_arn"

    /// The directory that the generators use unless they are given another.
    public static let shared = AWSCredentialDirectory()

    /// The sources by name: `default`, `environment`, `profile`, `web-identity`, `container`, `imds`, and the program's
    /// own.
    public let sources: AWSCredentialSourceRegistry
    package let context: CredentialContext
    private let kept = Mutex<[Key: Entry]>([:])

    private enum Key: Hashable {
        case origin(CredentialSettings.Origin)
        case role(ByteText, with: ObjectIdentifier)
    }

    private struct Entry {
        let source: SigningSource
        /// The registry's entry it stands for.
        let ticket: UInt64
        /// The registry's state in which that was last known to be so.
        let generation: UInt64

        /// The source, unless names may have got other meanings since.
        func source(at generation: UInt64) -> SigningSource? { generation == self.generation ? source : nil }
    }

    /// More than this many are not kept, so that odd connection strings fill no memory.
    private static let capacity = 256

    /// Creates a directory with the standard names.
    ///
    /// - Parameter context: The environment of the standard sources, profiles and roles.
    public init(context: CredentialContext = .system) {
        self.context = context
        sources = AWSCredentialSourceRegistry(of: "credential source", defaults: Self.standard(context))
    }

    private static func standard(_ context: CredentialContext) -> [(String, AWSCredentialSourceRegistry.Build)] {
        let kept = { @Sendable (source: any AWSCredentialSource) in RefreshingCredentialSource(source, context: context)
        }
        return [
            ("default", { kept(AWSCredentialChain.default(context: context)) }),
            ("environment", { EnvironmentCredentialSource(context: context) }),
            ("profile", { kept(ProfileCredentialSource(context: context)) }),
            ("web-identity", { kept(WebIdentityCredentialSource(context: context)) }),
            ("container", { kept(ContainerCredentialSource(context: context)) }),
            ("imds", { kept(InstanceMetadataCredentialSource(context: context)) }),
        ]
    }

    /// The source that a connection string asks for, the generator's own where it says nothing.
    ///
    /// - Throws: `NamedRegistryError` for an unknown name; what building the source throws; `AWSGeneratorError` for
    ///   settings that contradict each other.
    func source(for request: AuthTokenRequest, own: SigningSource) async throws -> SigningSource {
        let settings = try CredentialSettings(of: request)
        let generation = sources.generation
        let base = try await base(settings.origin, own, generation)
        guard let role = settings.role else { return base }
        return keep(.role(role, with: ObjectIdentifier(base)), generation) { [context] in
            AssumeRoleCredentialSource(AssumedRole(arn: role.string), from: base, client: STSClient(context: context))
        }
    }

    /// The same, or `nil` if a name must be looked up for it.
    func knownSource(for request: AuthTokenRequest, own: SigningSource) -> SigningSource? {
        guard let settings = try? CredentialSettings(of: request) else { return nil }
        if settings.origin == .generator, settings.role == nil { return own }
        let generation = sources.generation
        return kept.withLock { kept in
            let base = settings.origin == .generator ? own : kept[.origin(settings.origin)]?.source(at: generation)
            guard let base, let role = settings.role else { return base }
            return kept[.role(role, with: ObjectIdentifier(base))]?.source(at: generation)
        }
    }

    private func base(
        _ origin: CredentialSettings.Origin,
        _ own: SigningSource,
        _ generation: UInt64
    ) async throws -> SigningSource {
        let context = context
        switch origin {
        case .generator: return own
        case .named(let name):
            let (source, ticket) = try await sources.entry(named: name.string)
            return keep(.origin(origin), generation, ticket) { source }
        case .chain(let profile):
            return keep(.origin(origin), generation) {
                RefreshingCredentialSource(
                    AWSCredentialChain.default(profile: profile.string, context: context),
                    context: context
                )
            }
        case .profile(let profile):
            return keep(.origin(origin), generation) {
                RefreshingCredentialSource(ProfileCredentialSource(profile.string, context: context), context: context)
            }
        }
    }

    /// The source under a key, made where there is none or its name has got another meaning.
    private func keep(
        _ key: Key,
        _ generation: UInt64,
        _ ticket: UInt64 = 0,
        _ make: () -> any AWSCredentialSource
    ) -> SigningSource {
        kept.withLock { kept in
            let known = kept[key].flatMap { $0.ticket == ticket ? $0.source : nil }
            if known == nil, kept.count >= Self.capacity { kept = [:] }
            let source = known ?? SigningSource(make(), context: context)
            kept[key] = Entry(source: source, ticket: ticket, generation: generation)
            return source
        }
    }
}
