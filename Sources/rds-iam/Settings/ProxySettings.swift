#if Command
import ArgumentParser
import PGConninfo
import PGRDSIAM
import RDSIAMBasics
import RDSIAMSystem

/// What the settings file says of the proxy; an option of the command comes before each.
struct ProxySettings: Sendable {
    /// The connection strings of the servers.
    var upstreams: [String] = []
    /// Where clients connect: one address for each server, or one for the first.
    var listen: [String] = []
    var maxConnections: Int?
    var maxLogins: Int?
    var minSigtermDelay: TimeSpan?
    var maxSigtermDelay: TimeSpan?
    var exitZeroOnSigterm: Bool?
    /// What clients on TCP ports have to know, unless `trustLocal`.
    var passwordFile: String?
    var trustLocal: Bool?
    /// The certificate for clients on TCP ports, and its key: both or neither.
    var tlsCertificate: String?
    var tlsKey: String?
    var healthCheck: Bool?
    var httpAddress: String?
    var httpPort: UInt16?
    var structuredLogs: Bool?
    var quiet: Bool?

    static let names = [
        "upstreams", "listen", "passwordFile", "trustLocal", "tlsCertificate", "tlsKey", "maxConnections", "maxLogins",
        "minSigtermDelay", "maxSigtermDelay", "exitZeroOnSigterm", "healthCheck", "httpAddress", "httpPort",
        "structuredLogs", "quiet",
    ]

    /// What is set, by name, without the secrets that a connection string may hold.
    var shown: [(name: String, value: String)] {
        let values: [(String, String?)] = [
            ("upstreams", Self.joined(upstreams.map(Self.redacted))), ("listen", Self.joined(listen)),
            ("passwordFile", passwordFile), ("trustLocal", trustLocal.map(String.init)),
            ("tlsCertificate", tlsCertificate), ("tlsKey", tlsKey),
            ("maxConnections", maxConnections.map(String.init)), ("maxLogins", maxLogins.map(String.init)),
            ("minSigtermDelay", minSigtermDelay.map(\.defaultValueDescription)),
            ("maxSigtermDelay", maxSigtermDelay.map(\.defaultValueDescription)),
            ("exitZeroOnSigterm", exitZeroOnSigterm.map(String.init)), ("healthCheck", healthCheck.map(String.init)),
            ("httpAddress", httpAddress), ("httpPort", httpPort.map(String.init(_:))),
            ("structuredLogs", structuredLogs.map(String.init)), ("quiet", quiet.map(String.init)),
        ]
        return values.compactMap { name, value in value.map { ("proxy." + name, $0) } }
    }

    private static func joined(_ values: [String]) -> String? {
        values.isEmpty ? nil : values.joined(separator: "; ")
    }

    private static func redacted(_ conninfo: String) -> String {
        let parsed = try? Conninfo.parse(conninfo, dialect: .linked, extensions: .rdsIAM)
        return parsed?.redacted ?? "(not a connection string)"
    }
}

extension SettingsParser {
    /// Reads the member `proxy`.
    func proxy(_ members: [String: JSONValue]) throws -> ProxySettings {
        try check(members, in: "proxy.", ProxySettings.names)
        var settings = ProxySettings()
        settings.upstreams = try texts(members, "upstreams")
        settings.listen = try texts(members, "listen")
        settings.maxConnections = try count(members, "maxConnections")
        settings.maxLogins = try count(members, "maxLogins")
        settings.minSigtermDelay = try time(members, "minSigtermDelay")
        settings.maxSigtermDelay = try time(members, "maxSigtermDelay")
        settings.exitZeroOnSigterm = try flag(members, "exitZeroOnSigterm")
        settings.healthCheck = try flag(members, "healthCheck")
        settings.httpAddress = try path(members, "httpAddress")
        settings.httpPort = try port(members, "httpPort")
        settings.structuredLogs = try flag(members, "structuredLogs")
        settings.quiet = try flag(members, "quiet")
        try access(members, &settings)
        guard settings.listen.count <= 1 || settings.listen.count == settings.upstreams.count else {
            throw failure("proxy.listen", "must hold one address, or one for each of proxy.upstreams")
        }
        return settings
    }

    /// Reads what clients on TCP ports have to prove.
    private func access(_ members: [String: JSONValue], _ settings: inout ProxySettings) throws {
        settings.passwordFile = try path(members, "passwordFile")
        settings.trustLocal = try flag(members, "trustLocal")
        settings.tlsCertificate = try path(members, "tlsCertificate")
        settings.tlsKey = try path(members, "tlsKey")
        guard settings.passwordFile == nil || settings.trustLocal != true else {
            throw failure("proxy.trustLocal", "asks for no password: leave it or proxy.passwordFile out")
        }
        guard (settings.tlsCertificate == nil) == (settings.tlsKey == nil) else {
            throw failure("proxy.tlsCertificate", "and proxy.tlsKey belong together: set both or neither")
        }
    }

    /// Reads a text in which `~/` stands for the home directory.
    private func path(_ members: [String: JSONValue], _ name: String) throws -> String? {
        guard let value = members[name], value != .null else { return nil }
        guard case .string(let text) = value, !text.isEmpty else {
            throw failure("proxy." + name, "must be a text that is not empty")
        }
        return text.withHomeDirectory
    }

    private func flag(_ members: [String: JSONValue], _ name: String) throws -> Bool? {
        guard let value = members[name], value != .null else { return nil }
        guard case .bool(let flag) = value else { throw failure("proxy." + name, "must be true or false") }
        return flag
    }

    private func port(_ members: [String: JSONValue], _ name: String) throws -> UInt16? {
        guard let value = members[name], value != .null else { return nil }
        guard case .integer(let number) = value, let port = UInt16(exactly: number) else {
            throw failure("proxy." + name, "must be a port, from 0 to 65535")
        }
        return port
    }

    private func texts(_ members: [String: JSONValue], _ name: String) throws -> [String] {
        guard let value = members[name], value != .null else { return [] }
        guard case .array(let values) = value else { throw failure("proxy." + name, "must be an array of texts") }
        return try values.map { value in
            guard case .string(let text) = value, !text.isEmpty else {
                throw failure("proxy." + name, "must hold texts that are not empty")
            }
            return text
        }
    }

    private func count(_ members: [String: JSONValue], _ name: String) throws -> Int? {
        guard let value = members[name], value != .null else { return nil }
        guard case .integer(let number) = value, number >= 1, let count = Int(exactly: number) else {
            throw failure("proxy." + name, "must be a whole number, 1 or more")
        }
        return count
    }

    private func time(_ members: [String: JSONValue], _ name: String) throws -> TimeSpan? {
        switch members[name] {
        case nil, .null: return nil
        case .integer(let seconds) where (0...999_999_999).contains(seconds): return TimeSpan(.seconds(seconds))
        case .string(let text):
            if let time = TimeSpan(argument: text) { return time }
            fallthrough
        default: throw failure("proxy." + name, "must be a time, such as \"30s\", \"500ms\", \"5m\" or \"1h\"")
        }
    }
}

/// A span of time on the command line and in the settings file: `30`, `30s`, `500ms`, `5m` or `1h`.
struct TimeSpan: ExpressibleByArgument, Sendable {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        let digits = argument.utf8.prefix { (0x30...0x39).contains($0) }
        guard let number = Int(Substring(digits)), digits.count <= 9 else { return nil }
        switch ByteText(String(argument.utf8.dropFirst(digits.count)) ?? "?") {
        case "", "s": duration = .seconds(number)
        case "ms": duration = .milliseconds(number)
        case "m": duration = .seconds(number * 60)
        case "h": duration = .seconds(number * 3600)
        default: return nil
        }
    }

    var defaultValueDescription: String {
        let (seconds, rest) = duration.components
        return rest == 0 ? "\(seconds)s" : "\(seconds * 1000 + rest / 1_000_000_000_000_000)ms"
    }
}
#endif
