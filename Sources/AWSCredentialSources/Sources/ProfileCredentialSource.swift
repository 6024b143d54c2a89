import RDSIAMBasics

/// A profile of the shared configuration (`~/.aws/config` and `~/.aws/credentials`).
///
/// The files are read at each call, so that keys which another program rotates are seen. `AWS_CONFIG_FILE` and
/// `AWS_SHARED_CREDENTIALS_FILE` move them, `AWS_PROFILE` and `AWS_DEFAULT_PROFILE` choose the profile if the code does
/// not.
public struct ProfileCredentialSource: AWSCredentialSource {
    private let selection: ProfileSelection
    private let context: CredentialContext
    private let attempts = AttemptMemory()

    /// Creates the source.
    ///
    /// - Parameters:
    ///   - profile: The profile's name; `nil` leaves the choice to `AWS_PROFILE` and then `default`.
    ///   - context: The environment.
    public init(_ profile: String? = nil, context: CredentialContext = .system) {
        self.selection = ProfileSelection(profile, context: context)
        self.context = context
    }

    /// ``AWSCredentialSourceKind/profile``.
    public var kind: AWSCredentialSourceKind { .profile }

    /// Reads the files and follows the profile to credentials.
    ///
    /// - Throws: ``AWSCredentialError``: `notConfigured` if no profile was named and `default` has no credentials,
    ///   `invalidConfiguration` if a named profile is missing or a file is malformed.
    public func credentials() async throws -> AWSCredentials {
        let configuration = try await context.configuration.load(context)
        if selection.isExplicit, let failure = configuration.unreadable.first { throw failure }
        guard try configuration.section(.profile, selection.name) != nil else {
            throw missing(in: SharedConfigurationFiles(context: context).places, configuration: configuration)
        }
        let endpoints = try EndpointSettings(context: context, configuration: configuration, profile: selection.name)
        let planner = ProfilePlanner(
            configuration: configuration,
            context: context,
            endpoints: endpoints,
            attempts: attempts
        )
        let plan = try planner.plan(for: selection.name)
        var credentials = try await follow(plan, endpoints: endpoints)
        credentials.readings = configuration.readings
        return credentials
    }

    private func follow(_ plan: ProfilePlan, endpoints: EndpointSettings) async throws -> AWSCredentials {
        var credentials = try await base(of: plan)
        let client = STSClient(settings: .known(endpoints), context: context)
        for (index, role) in plan.roles.enumerated() {
            do {
                credentials = try await client.assumeRole(role, as: credentials)
            } catch var error as AWSCredentialError where plan.roles.count > 1 {
                error.message += " This is step \(index + 1) of \(plan.roles.count) in the profile's chain of roles."
                throw error
            }
        }
        credentials.provenance.profile = selection.name
        return credentials
    }

    /// A source that a profile names must have credentials: a chain does not go on if it has none.
    private func base(of plan: ProfilePlan) async throws -> AWSCredentials {
        do {
            return try await plan.base.credentials()
        } catch let error as AWSCredentialError where error.code == .notConfigured {
            throw AWSCredentialError.invalid(
                "The profile '\(plan.baseProfile)' relies on the source '\(plan.base.kind)', which has nothing: \(error.message)"
            )
        }
    }

    private func missing(in places: String, configuration: SharedConfiguration) -> AWSCredentialError {
        guard selection.isExplicit else {
            return AWSCredentialError(
                .notConfigured,
                "There is no profile 'default' in \(places). Add it, or name another one with AWS_PROFILE."
                    + configuration.hints
            )
        }
        return AWSCredentialError.invalid(
            "There is no profile '\(selection.name)' in \(places): add it, or correct its name where it is set."
                + configuration.hints
        )
    }
}
