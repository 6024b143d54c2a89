import RDSIAMBasics

/// Where the services of one profile are reached.
struct EndpointSettings: Sendable {
    private let context: CredentialContext
    private let configuration: SharedConfiguration
    private let name: String
    private let profile: SharedConfiguration.Section

    /// The settings of a profile that may be missing.
    ///
    /// - Throws: ``AWSCredentialError`` if the profile cannot be read.
    init(context: CredentialContext, configuration: SharedConfiguration, profile name: String) throws {
        self.context = context
        self.configuration = configuration
        self.name = name
        profile = try configuration.section(.profile, name) ?? .init()
    }

    /// The settings of the environment alone.
    init(context: CredentialContext) {
        self.context = context
        configuration = .init()
        name = "default"
        profile = .init()
    }

    /// Where settings come from when a call is made.
    enum Origin: Sendable {
        case known(EndpointSettings)
        /// A profile of the shared configuration, which is read then.
        case profile(String?)

        func load(_ context: CredentialContext) async throws -> EndpointSettings {
            switch self {
            case .known(let settings): settings
            case .profile(let name):
                try EndpointSettings(
                    context: context,
                    configuration: try await context.configuration.load(context),
                    profile: ProfileSelection(name, context: context).name
                )
            }
        }
    }

    /// The region of the environment, else of the profile.
    var region: String? {
        let named = context.variable("AWS_REGION") ?? context.variable("AWS_DEFAULT_REGION")
        return (named ?? profile.value("region"))?.trimmed
    }

    /// The region that stands in if none is named: the global endpoint has no FIPS and no dual-stack twin.
    func standInRegion(of partition: Partition) -> String {
        (fips || dualStack) && partition == .aws ? "us-east-1" : partition.standInRegion
    }

    /// The file of trusted certificates, by botocore's order.
    private var certificateBundle: CertificateBundle? {
        if let path = context.variable("AWS_CA_BUNDLE") {
            return CertificateBundle(path: path, origin: "AWS_CA_BUNDLE")
        }
        if let path = profile.value("ca_bundle") {
            return CertificateBundle(path: path, origin: "The ca_bundle of the profile '\(name)'")
        }
        return context.variable("REQUESTS_CA_BUNDLE").map { CertificateBundle(path: $0, origin: "REQUESTS_CA_BUNDLE") }
    }

    /// A caller of an AWS service that trusts the certificates that the profile names.
    func caller(operation: String) -> RetryingCaller {
        RetryingCaller(
            context: context,
            limits: .service,
            operation: operation,
            certificateBundle: certificateBundle,
            application: profile.value("sdk_ua_app_id")
        )
    }

    private var fips: Bool { isOn("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint") }
    private var dualStack: Bool { isOn("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint") }

    /// The endpoint of a service.
    ///
    /// - Throws: ``AWSCredentialError`` with the code `invalidConfiguration` if an override is no URL or contradicts
    ///   FIPS or dual-stack, or if the region could not stand in a host name.
    func endpoint(of service: AWSService, region: String) throws -> HTTPURL {
        if let override = try override(of: service) {
            guard let url = HTTPURL(override.url) else {
                throw AWSCredentialError.invalid(
                    "\(override.origin) is not an http or https URL. Correct or remove it."
                )
            }
            guard !fips, !dualStack else {
                throw AWSCredentialError.invalid(
                    "\(override.origin) cannot be combined with FIPS or dual-stack endpoints: unset one of them."
                )
            }
            return url
        }
        let host = service.host(region: region, fips: fips, dualStack: dualStack)
        guard Self.isLabel(region), let url = HTTPURL("https://\(host)") else {
            throw AWSCredentialError.invalid(
                "The region is not the name of an AWS region. Correct AWS_REGION or the profile."
            )
        }
        return url
    }

    /// A setting by its variable, else by its profile key.
    private func isOn(_ variable: String, _ key: ByteText) -> Bool {
        if context.variable(variable) != nil { return context.isOn(variable) }
        return profile.value(key)?.asciiLowercased() == "true"
    }

    private func override(of service: AWSService) throws -> (url: String, origin: String)? {
        guard !isOn("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls") else { return nil }
        for variable in ["AWS_ENDPOINT_URL_\(service.settingName)", "AWS_ENDPOINT_URL"] {
            if let url = context.variable(variable) { return (url.trimmed, variable) }
        }
        let nested = try services()?.value("endpoint_url", below: ByteText(service.settingName.asciiLowercased()))
        if let nested, !nested.isEmpty { return (nested, "The endpoint_url of the profile's services section") }
        return profile.value("endpoint_url").map { ($0, "The endpoint_url of the profile") }
    }

    private func services() throws -> SharedConfiguration.Section? {
        guard let services = profile.value("services") else { return nil }
        if let section = try configuration.section(.services, services) { return section }
        throw AWSCredentialError.invalid(
            "The profile '\(name)' names the services section '\(services)', which does not exist. Add it, or correct the name."
                + configuration.hints
        )
    }

    /// Whether a region may stand in a host name.
    static func isLabel(_ region: String) -> Bool {
        region.isASCIIName(of: 1...63, alsoHolding: "-")
    }
}
