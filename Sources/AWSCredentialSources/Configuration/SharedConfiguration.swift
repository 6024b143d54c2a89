import RDSIAMBasics

/// The config file and the credentials file, merged as the AWS SDKs merge them.
struct SharedConfiguration: Sendable {
    /// A profile, an `sso-session` or a `services` section.
    struct Section: Sendable {
        var properties: [ByteText: String] = [:]
        /// What in it cannot be read; a section with faults must not be relied on.
        var faults: [String] = []

        /// Returns a property's value, or `nil` if it is missing or empty.
        func value(_ key: ByteText) -> String? {
            guard let value = properties[key], !value.isEmpty else { return nil }
            return value
        }

        /// Returns a setting nested below a property, such as `endpoint_url` below `sts =`.
        func value(_ key: ByteText, below property: ByteText) -> String? {
            let lines = properties[property]?.utf8.split(separator: UInt8(ascii: "\n")) ?? []
            return lines.reduce(nil) { found, line in
                guard let (name, value) = ArraySlice(line).withoutComment.dividedAtEquals,
                    ByteText(name.text.asciiLowercased()) == key
                else { return found }
                return value.text
            }
        }
    }

    /// The kinds of sections, by what their names begin with in the config file.
    enum Kind: String, CaseIterable, Hashable {
        case profile
        case ssoSession = "sso-session"
        case services
    }

    private var sections: [Kind: [ByteText: Section]] = [:]
    /// What was left out, and why.
    private(set) var warnings: [String] = []
    /// Where a section begins whose name cannot be read, or a line stands in no section.
    private var lostNames: [String] = []
    /// Why default files that exist could not be read.
    var unreadable: [AWSCredentialError] = []
    /// The files as they were when they were read.
    let readings: [FileReading]

    private var defaultHasPrefix = false

    init(readings: [FileReading] = []) {
        self.readings = readings
    }

    /// Whether a look at the files tells that they have changed.
    var isTraceable: Bool { readings.allSatisfy { $0.stamp != nil } }

    /// All sections of one kind, by name.
    func all(_ kind: Kind) -> [ByteText: Section] { sections[kind] ?? [:] }

    /// Returns a section, or `nil` if there is none of that name.
    ///
    /// - Throws: ``AWSCredentialError`` with the code `invalidConfiguration` if a line of it, or the name of a section
    ///   that may be the one, cannot be read: what is lost may say anything, so nothing may be concluded from the rest.
    func section(_ kind: Kind, _ name: String) throws -> Section? {
        let section = sections[kind]?[ByteText(name)]
        let faults = section?.faults ?? lostNames
        guard faults.isEmpty else {
            let state = section == nil ? "does not exist, as far as the files can be read" : "cannot be read"
            throw AWSCredentialError.invalid(
                "The \(kind.rawValue) '\(name)' \(state). \(faults.joined(separator: " ")) Correct the file."
            )
        }
        return section
    }

    /// What was left out, as sentences to end a message with.
    var hints: String { (unreadable.map(\.message) + lostNames + warnings).map { " \($0)" }.joined() }

    /// Adds the config file.
    mutating func addConfig(_ bytes: [UInt8], file: String) {
        let parser = ProfileFileParser(bytes, file: file)
        lostNames += parser.faults
        for section in parser.sections {
            let words = SectionName.words(section.name) ?? []
            if words == ["default"] {
                addDefault(section, hasPrefix: false)
            } else if words.count == 2, let kind = Kind(rawValue: words[0]), !words[1].isEmpty {
                if kind == .profile, words[1] == "default" {
                    addDefault(section, hasPrefix: true)
                } else {
                    add(section, as: kind, named: words[1])
                }
            } else {
                leaveOut(section, expecting: "[default], [profile NAME], [sso-session NAME] or [services NAME]")
            }
        }
    }

    /// Adds the credentials file, whose properties outrank those of the config file one by one.
    mutating func addCredentials(_ bytes: [UInt8], file: String) {
        let parser = ProfileFileParser(bytes, file: file)
        lostNames += parser.faults
        for section in parser.sections {
            // Here the name stands alone and as it is. A prefix is meant for the config file.
            let hasPrefix = Kind.allCases.contains { section.name.hasBytePrefix($0.rawValue + " ") }
            if section.name.isEmpty || hasPrefix {
                leaveOut(section, expecting: "[NAME] in the credentials file")
            } else {
                add(section, as: .profile, named: section.name)
            }
        }
    }

    private mutating func addDefault(_ section: RawSection, hasPrefix: Bool) {
        if hasPrefix, !defaultHasPrefix {
            defaultHasPrefix = true
            sections[.profile, default: [:]]["default"] = nil
        }
        guard hasPrefix == defaultHasPrefix else { return }
        add(section, as: .profile, named: "default")
    }

    private mutating func add(_ section: RawSection, as kind: Kind, named name: String) {
        // In place: a copy of the section would make each change copy its properties.
        Self.merge(section, into: &sections[kind, default: [:]][ByteText(name), default: Section()], &warnings)
    }

    private static func merge(_ raw: RawSection, into section: inout Section, _ warnings: inout [String]) {
        section.faults += raw.faults
        for (key, value) in raw.properties {
            if key.string.isASCIIName(of: 1...Int.max, alsoHolding: "-_/.%@:+") {
                section.properties[key] = value
            } else {
                // The name itself is not quoted: a line that went wrong may hold anything.
                warnings.append(
                    "In \(raw.file), in the section at line \(raw.line), a property with an odd name is left out."
                )
            }
        }
    }

    private mutating func leaveOut(_ section: RawSection, expecting form: String) {
        guard section.hasName else { return lostNames += section.faults.prefix(1) }
        warnings.append(
            "In \(section.file), line \(section.line), the section [\(section.name)] is left out: it must be \(form)."
        )
    }
}
