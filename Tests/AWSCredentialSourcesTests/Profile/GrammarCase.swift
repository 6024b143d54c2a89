import RDSIAMBasics
import Testing

@testable import AWSCredentialSources

/// One case of the profile grammar: the text of the two files, and what they must become.
struct GrammarCase: Sendable, CustomTestStringConvertible {
    typealias Profiles = [String: [String: String]]

    var name: String
    var config: String?
    var credentials: String?
    var profiles: Profiles?
    var sessions: Profiles?
    /// The place and reason of a fault that must be remembered.
    var fault: String?
    /// How many sections are left out.
    var warnings: Int?

    var testDescription: String { name }

    /// A config file and the profiles it makes.
    static func config(_ name: String, _ text: String, _ profiles: Profiles, warnings: Int = 0) -> GrammarCase {
        GrammarCase(name: name, config: text, profiles: profiles, warnings: warnings)
    }

    /// A credentials file and the profiles it makes.
    static func credentials(_ name: String, _ text: String, _ profiles: Profiles, warnings: Int = 0) -> GrammarCase {
        GrammarCase(name: name, credentials: text, profiles: profiles, warnings: warnings)
    }

    /// Both files and the profiles they make.
    static func both(_ name: String, _ config: String, _ credentials: String, _ profiles: Profiles) -> GrammarCase {
        GrammarCase(name: name, config: config, credentials: credentials, profiles: profiles)
    }

    /// A config file with a line that cannot be read, and the profiles that are whole.
    static func faulty(_ name: String, _ text: String, _ fault: String, _ profiles: Profiles = [:]) -> GrammarCase {
        GrammarCase(name: name, config: text, profiles: profiles, fault: fault)
    }

    /// Parses the files and compares.
    func check() throws {
        var configuration = SharedConfiguration()
        if let config { configuration.addConfig(Array(config.utf8), file: "config") }
        if let credentials { configuration.addCredentials(Array(credentials.utf8), file: "credentials") }
        let whole = configuration.all(.profile).filter { $0.value.faults.isEmpty }
        #expect(Self.plain(whole) == profiles)
        if let sessions { #expect(Self.plain(configuration.all(.ssoSession)) == sessions) }
        if let warnings { #expect(configuration.warnings.count == warnings, "\(configuration.warnings)") }
        let sections = SharedConfiguration.Kind.allCases.flatMap { configuration.all($0).values }
        let faults = configuration.hints + sections.flatMap(\.faults).joined()
        if let fault { #expect(faults.contains(fault)) }
        for (name, section) in configuration.all(.profile) where !section.faults.isEmpty {
            let error = #expect(throws: AWSCredentialError.self) { try configuration.section(.profile, name.string) }
            #expect(error?.code == .invalidConfiguration)
        }
    }

    private static func plain(_ sections: [ByteText: SharedConfiguration.Section]) -> Profiles {
        let plain = sections.map { section in
            let properties = section.value.properties.map { ($0.key.string, $0.value) }
            return (section.key.string, Dictionary(uniqueKeysWithValues: properties))
        }
        return Dictionary(uniqueKeysWithValues: plain)
    }
}
