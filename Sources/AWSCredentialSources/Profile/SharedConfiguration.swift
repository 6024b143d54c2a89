import RDSIAMBasics

/// The config file and the credentials file, merged as the AWS SDKs merge them.
struct SharedConfiguration: Sendable {
    /// A profile, an `sso-session` or a `services` section.
    typealias Section = [ByteText: ProfileProperty]

    private(set) var profiles: [ByteText: Section] = [:]
    private(set) var ssoSessions: [ByteText: Section] = [:]
    private(set) var services: [ByteText: Section] = [:]
    /// What was left out, and why.
    private(set) var warnings: [String] = []
    /// The files as they were when they were read.
    let readings: [FileReading]

    private var defaultHasPrefix = false

    init(readings: [FileReading] = []) {
        self.readings = readings
    }

    /// Whether a look at the files tells that they have changed.
    var isTraceable: Bool { readings.allSatisfy { $0.stamp != nil } }

    /// Adds the config file.
    mutating func addConfig(_ bytes: [UInt8], file: String) throws {
        for section in try ProfileFileParser.parse(bytes, file: file) {
            noteOddNames(in: section)
            let words = section.name.utf8.split(maxSplits: 1, whereSeparator: \.isBlank).map { String(Substring($0)) }
            let name = words.count > 1 ? words[1].trimmed : ""
            let key = ByteText(name)
            switch (words.first ?? "", Self.isName(name)) {
            case ("default", _) where words.count == 1: addDefault(section, hasPrefix: false)
            case ("profile", true) where name == "default": addDefault(section, hasPrefix: true)
            case ("profile", true): Self.merge(section, into: &profiles[key, default: [:]])
            case ("sso-session", true): Self.merge(section, into: &ssoSessions[key, default: [:]])
            case ("services", true): Self.merge(section, into: &services[key, default: [:]])
            default: leaveOut(section, file: file, expecting: "[default] or [profile NAME]")
            }
        }
    }

    /// Adds the credentials file, whose properties outrank those of the config file one by one.
    mutating func addCredentials(_ bytes: [UInt8], file: String) throws {
        for section in try ProfileFileParser.parse(bytes, file: file) {
            noteOddNames(in: section)
            if Self.isName(section.name) {
                Self.merge(section, into: &profiles[ByteText(section.name), default: [:]])
            } else {
                leaveOut(section, file: file, expecting: "[NAME]")
            }
        }
    }

    private mutating func addDefault(_ section: RawSection, hasPrefix: Bool) {
        if hasPrefix, !defaultHasPrefix {
            defaultHasPrefix = true
            profiles["default"] = [:]
        }
        guard hasPrefix == defaultHasPrefix else { return }
        Self.merge(section, into: &profiles["default", default: [:]])
    }

    /// Static, as a method would hold a second reference to all profiles and make each change copy them.
    private static func merge(_ section: RawSection, into target: inout Section) {
        for (key, property) in section.properties where isName(key.string) { target[key] = property }
    }

    /// The name itself is not quoted: a line that went wrong may hold anything.
    private mutating func noteOddNames(in section: RawSection) {
        for (name, property) in section.properties where !Self.isName(name.string) {
            warnings.append("In \(property.file), line \(property.line), a property with an odd name is left out.")
        }
    }

    private mutating func leaveOut(_ section: RawSection, file: String, expecting form: String) {
        warnings.append(
            "In \(file), line \(section.line), the section [\(section.name)] is left out: it must be \(form)."
        )
    }

    /// Letters, digits and `-_/.%@:+`.
    static func isName(_ text: String) -> Bool {
        text.isASCIIName(of: 1...Int.max, alsoHolding: "-_/.%@:+")
    }
}

extension [ByteText: ProfileProperty] {
    /// A property's value, or `nil` if it is missing or empty.
    func value(_ key: ByteText) -> String? {
        guard let value = self[key]?.value, !value.isEmpty else { return nil }
        return value
    }
}
