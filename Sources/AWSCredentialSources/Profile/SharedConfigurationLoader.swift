/// Finds and reads the shared-configuration files.
struct SharedConfigurationLoader {
    let context: CredentialContext

    /// Reads both files afresh; one that is not there counts as empty.
    func load() async throws -> SharedConfiguration {
        var configuration = SharedConfiguration()
        let config = path("AWS_CONFIG_FILE", "~/.aws/config")
        if let config, let bytes = try await read(config) { try configuration.addConfig(bytes, file: config) }
        let credentials = path("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
        if let credentials, let bytes = try await read(credentials) {
            try configuration.addCredentials(bytes, file: credentials)
        }
        return configuration
    }

    /// Where the files are looked for, for messages.
    var places: String {
        [path("AWS_CONFIG_FILE", "~/.aws/config"), path("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")]
            .compactMap(\.self)
            .joined(separator: " and ")
    }

    private func path(_ variable: String, _ standard: String) -> String? {
        context.expandingHome(context.variable(variable) ?? standard)
    }

    private func read(_ path: String) async throws -> [UInt8]? {
        do {
            return try await context.files.contents(of: path)
        } catch {
            try CancellationError.rethrow(error)
            throw AWSCredentialError(unreadable: "The file \(path)", error)
        }
    }
}

/// Which profile is meant, and by whom.
struct ProfileSelection: Sendable {
    var name: String
    /// Whether somebody named it; a default that is missing is no mistake.
    var isExplicit: Bool

    /// The profile named in code, else by `AWS_PROFILE`, else by `AWS_DEFAULT_PROFILE`, else `default`.
    init(_ name: String?, context: CredentialContext) {
        let named = name ?? context.variable("AWS_PROFILE") ?? context.variable("AWS_DEFAULT_PROFILE")
        self.name = named?.trimmed ?? "default"
        self.isExplicit = named != nil
    }
}
