#if Command
import AWSGenerators
import AuthTokens
import CommandGenerator
import Configuration
import RDSIAMBasics
import RDSIAMSystem

/// The user's settings in JSON.
///
/// It may name programs to run, so a file that others can change is refused.
struct SettingsFile: Sendable {
    /// The file, or `nil` if there is no directory to look for it in.
    let path: String?
    /// Whether the file is there.
    let exists: Bool
    /// The values that are no generators.
    let provider: InMemoryProvider
    let generators: [CommandSetting]
    let proxy: ProxySettings

    /// Reads the file that `path` or `RDS_IAM_CONFIG` names, which must exist, or else `rds-iam/config.json` in
    /// `XDG_CONFIG_HOME` or `~/.config`, which need not.
    ///
    /// - Throws: ``UnusableSettings``.
    init(path: String?, environment: [String: String]) throws {
        let named = path ?? environment["RDS_IAM_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        self.path = named ?? Self.standardPath(environment)
        let bytes = try self.path.flatMap { try Self.contents(of: $0, mustExist: named != nil) }
        exists = bytes != nil
        let parser = SettingsParser(path: self.path ?? "")
        let document = try bytes.map(parser.document) ?? SettingsParser.Document()
        provider = InMemoryProvider(name: self.path, values: document.values)
        generators = document.generators
        proxy = document.proxy
        // A name that cannot be registered is a mistake in the file, whatever reads it.
        let trial = AuthTokenGeneratorRegistry(.aws + [.command()])
        for generator in generators { try generator.register(in: trial, of: self) }
    }

    private static func standardPath(_ environment: [String: String]) -> String? {
        if let directory = environment["XDG_CONFIG_HOME"], directory.hasBytePrefix("/") {
            return directory + "/rds-iam/config.json"
        }
        return HomeDirectory.path.map { $0 + "/.config/rds-iam/config.json" }
    }

    private static func contents(of path: String, mustExist: Bool) throws -> [UInt8]? {
        if path.isBytewiseEqual(to: "/dev/null") { return nil }
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            if !mustExist, errno == ENOENT || errno == ENOTDIR { return nil }
            throw UnusableSettings(path: path, "cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        try checkOwner(of: file, path)
        var bytes: [UInt8] = []
        while let chunk = readChunk(of: file), !chunk.isEmpty, bytes.count <= 1 << 20 { bytes += chunk }
        guard bytes.count <= 1 << 20 else { throw UnusableSettings(path: path, "is larger than 1 MiB") }
        return bytes
    }

    private static func checkOwner(of file: Int32, _ path: String) throws {
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw UnusableSettings(path: path, "is not a file")
        }
        guard [geteuid(), 0].contains(status.st_uid) else {
            throw UnusableSettings(path: path, "belongs to another user: use a file of your own")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw UnusableSettings(path: path, "may be changed by others: run chmod go-w on it")
        }
    }

    /// An error about a setting of the file.
    func failure(_ setting: String, _ reason: String) -> UnusableSettings {
        UnusableSettings(path: path ?? "", setting: setting, reason)
    }
}

/// A settings file that cannot be used.
struct UnusableSettings: Error, CustomStringConvertible {
    let description: String

    init(path: String, setting: String? = nil, _ reason: String) {
        let setting = setting.map { " \(String(reflecting: $0)) in" } ?? ""
        let what = setting.isEmpty ? "The settings file" : "The setting\(setting)"
        description =
            "\(what) \(path.displayed) \(reason)" + (["?", "."].contains(where: reason.hasByteSuffix) ? "" : ".")
    }
}

/// Reads the text of a settings file.
struct SettingsParser {
    /// What stands in it.
    struct Document {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        var generators: [CommandSetting] = []
        var proxy = ProxySettings()
    }

    let path: String

    func document(_ bytes: [UInt8]) throws -> Document {
        guard let object = JSONValue.object(bytes) else {
            throw UnusableSettings(path: path, "is no JSON object: write {\"region\": \"eu-west-2\"}, for example")
        }
        var document = Document()
        try check(object, in: "", ["region", "profile", "audit", "generators", "proxy"])
        let audit = try members(of: object, "audit", in: "")
        try check(audit, in: "audit.", ["log", "policy", "signingKey"])
        for name in SettingName.allCases {
            let parts = name.rawValue.splitBytes(separator: ".")
            let value = parts.count == 1 ? object[parts[0]] : audit[parts[1]]
            guard let value, value != .null else { continue }
            document.values[AbsoluteConfigKey(name.key)] = ConfigValue(.string(try text(value, name)), isSecret: false)
        }
        for (name, value) in try members(of: object, "generators", in: "").sorted(by: {
            ByteText($0.key) < ByteText($1.key)
        }) {
            document.generators.append(try generator(name, value))
        }
        document.proxy = try proxy(members(of: object, "proxy", in: ""))
        return document
    }

    private func text(_ value: JSONValue, _ name: SettingName) throws -> String {
        guard case .string(let text) = value, !text.isEmpty else {
            throw failure(name.rawValue, "must be a text that is not empty")
        }
        if name == .auditPolicy, AuditMode(rawValue: text) == nil {
            throw failure(name.rawValue, "must be required, best-effort or off")
        }
        return [.auditLog, .signingKey].contains(name) ? text.withHomeDirectory : text
    }

    private func generator(_ name: String, _ value: JSONValue) throws -> CommandSetting {
        let place = "generators.\(name)"
        guard case .object(let members) = value else {
            throw failure(
                place,
                "must be an object, such as {\"type\": \"command\", \"command\": [\"vault\", \"read\"]}"
            )
        }
        try check(members, in: place + ".", ["type", "command", "lifetime"])
        guard members["type"] == .string("command") else { throw failure(place + ".type", "must be \"command\"") }
        guard case .array(let values) = members["command"], !values.isEmpty else {
            throw failure(place + ".command", "must be an array of texts: a program and its arguments")
        }
        let words = try values.map { value in
            guard case .string(let word) = value else { throw failure(place + ".command", "must hold texts alone") }
            return word
        }
        guard words[0] != "" else { throw failure(place + ".command", "must begin with the name of a program") }
        guard case .integer(let seconds) = members["lifetime"] ?? .integer(300), (1...86_400).contains(seconds) else {
            throw failure(place + ".lifetime", "must be a whole number of seconds, from 1 to 86400")
        }
        return CommandSetting(name: name, words: words, lifetime: .seconds(seconds))
    }

    private func members(of object: [String: JSONValue], _ name: String, in place: String) throws -> [String: JSONValue]
    {
        switch object[name] {
        case nil, .null: return [:]
        case .object(let members): return members
        default: throw failure(place + name, "must be an object")
        }
    }

    /// Refuses a name that has no meaning: a misspelled policy would not hold.
    func check(_ object: [String: JSONValue], in place: String, _ names: [String]) throws {
        for name in object.keys.sorted() where !names.contains(where: { $0.isBytewiseEqual(to: name) }) {
            let nearest = NearestName.find(name, among: names).map { ": did you mean \"\($0)\"?" }
            throw failure(place + name, "does not exist" + (nearest ?? ": there are \(names.joined(separator: ", "))"))
        }
    }

    func failure(_ setting: String, _ reason: String) -> UnusableSettings {
        UnusableSettings(path: path, setting: setting, reason)
    }
}

extension String {
    /// The text with the home directory in the place of a leading `~`.
    var withHomeDirectory: String {
        guard hasBytePrefix("~/"), let home = HomeDirectory.path else { return self }
        return home + dropFirst()
    }
}
#endif
