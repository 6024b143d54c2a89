#if Command
import AuthTokens
import CommandGenerator
import Configuration
import PGRDSIAM
import RDSIAMBasics
import RDSIAMSystem

/// A setting that has one value.
enum SettingName: String, CaseIterable {
    case region
    case profile
    case auditLog = "audit.log"
    case auditPolicy = "audit.policy"
    case signingKey = "audit.signingKey"

    var key: ConfigKey { ConfigKey(rawValue) }

    /// The variables that set it, the first before the others.
    var variables: [String] {
        switch self {
        case .region: ["AWS_REGION", "AWS_DEFAULT_REGION"]
        case .profile: ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]
        case .auditLog: ["RDS_IAM_AUDIT_LOG"]
        case .auditPolicy: ["RDS_IAM_AUDIT_POLICY"]
        case .signingKey: ["RDS_IAM_AUDIT_SIGNING_KEY"]
        }
    }
}

/// What holds if no option says otherwise: the environment, and under it the settings file.
struct Settings: Sendable {
    /// A value, and the variable or file that sets it.
    struct Entry {
        let value: String
        let source: String
    }

    let file: SettingsFile
    private let environment: InMemoryProvider
    /// Which variable sets a setting.
    private let variables: [SettingName: String]

    /// Reads the file and the environment.
    ///
    /// - Parameters:
    ///   - path: The file that `--config` names, or `nil`.
    ///   - environment: The variables of the process. An empty one counts as unset, as it does for libpq and AWS.
    init(path: String?, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        var variables: [SettingName: String] = [:]
        for name in SettingName.allCases {
            guard let variable = name.variables.first(where: { environment[$0]?.isEmpty == false }) else { continue }
            variables[name] = variable
            values[AbsoluteConfigKey(name.key)] = environment[variable].map {
                ConfigValue(.string($0), isSecret: false)
            }
        }
        self.environment = InMemoryProvider(name: "environment", values: values)
        self.variables = variables
        file = try SettingsFile(path: path, environment: environment)
    }

    subscript(_ name: SettingName) -> String? { entry(name)?.value }

    /// A setting's value and where it comes from, or `nil` if it is set nowhere.
    func entry(_ name: SettingName) -> Entry? {
        let reader = ConfigReader(providers: [environment, file.provider])
        return reader.string(forKey: name.key).map { Entry(value: $0, source: variables[name] ?? file.path ?? "") }
    }

    /// What the file alone says of the region and the profile, by the variable that the credential sources read.
    private var defaults: [(String, Entry)] {
        [SettingName.region, .profile].filter { variables[$0] == nil }.compactMap { name in
            guard let entry = entry(name), let variable = name.variables.first else { return nil }
            return (variable, entry)
        }
    }

    /// Where the variables come from that ``apply()`` sets.
    var variableOrigins: [String: String] {
        Dictionary(uniqueKeysWithValues: defaults.map { ($0.0, "the settings file \($0.1.source.displayed)") })
    }

    /// Makes the region and the profile of the file the defaults of this process, and registers the file's generators.
    ///
    /// A variable of the environment has the credential sources ask in their own order: keys in the environment still
    /// come before a profile that only the file names.
    func apply() throws {
        for (variable, entry) in defaults { setenv(variable, entry.value, 1) }
        for generator in file.generators { try generator.register(in: RDSIAM.generators, of: file) }
    }
}

/// A generator that the settings file defines: a program that prints passwords.
struct CommandSetting: Sendable {
    let name: String
    let words: [String]
    /// How long a password is cached if the program does not say.
    let lifetime: Duration

    func register(in generators: AuthTokenGeneratorRegistry, of file: SettingsFile) throws {
        var limits = CommandLimits()
        limits.lendsTerminal = true
        limits.showsStandardError = true
        let generator = CommandPasswordGenerator(words[0], Array(words.dropFirst()), lifetime: lifetime, limits: limits)
        do {
            try generators.add(name) { generator }
        } catch  where error.code == .nameTaken {
            throw file.failure("generators.\(name)", "has the name of a generator that ships: choose another")
        } catch {
            throw file.failure("generators.\(name)", "cannot be used. \(error)")
        }
    }
}
#endif
