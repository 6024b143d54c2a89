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
    /// The place and reason of an error.
    var error: String?
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

    /// A config file that is refused.
    static func refused(_ name: String, _ text: String, _ error: String) -> GrammarCase {
        GrammarCase(name: name, config: text, error: error)
    }

    /// Parses the files and compares.
    func check() throws {
        var configuration = SharedConfiguration()
        do {
            if let config { try configuration.addConfig(Array(config.utf8), file: "config") }
            if let credentials { try configuration.addCredentials(Array(credentials.utf8), file: "credentials") }
        } catch let failure as AWSCredentialError {
            #expect(failure.code == .invalidConfiguration)
            #expect(error.map(failure.message.contains) == true, "\(failure)")
            return
        }
        #expect(error == nil, "no error came")
        #expect(Self.plain(configuration.profiles) == profiles)
        if let sessions { #expect(Self.plain(configuration.ssoSessions) == sessions) }
        if let warnings { #expect(configuration.warnings.count == warnings, "\(configuration.warnings)") }
    }

    private static func plain(_ sections: [ByteText: SharedConfiguration.Section]) -> Profiles {
        let plain = sections.map { section in
            (
                section.key.string,
                Dictionary(uniqueKeysWithValues: section.value.map { ($0.key.string, $0.value.value) })
            )
        }
        return Dictionary(uniqueKeysWithValues: plain)
    }
}
