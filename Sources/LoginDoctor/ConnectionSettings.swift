package import AuthTokens
package import PGConninfo
import PGRDSIAM
import RDSIAMBasics
import RDSIAMSystem

/// A connection string, read and resolved, with where each value came from.
///
/// Secret values are masked, so that it can be pasted into a ticket.
package struct ConnectionSettings: Sendable, Hashable, Codable {
    /// One parameter.
    package struct Setting: Sendable, Hashable, Codable {
        /// The keyword.
        package let keyword: String
        /// The value; `***` in place of a secret.
        package let value: String
        /// Where it came from: `option`, `connection string`, `service NAME`, the name of an environment variable,
        /// `default`, `operating system`, or `the user's name` for a database that is set nowhere.
        package let origin: String

        /// The setting as it stands in a connection string.
        var text: String {
            let isPlain = !value.isEmpty && !value.utf8.contains { Array(" '\\".utf8).contains($0) }
            let escaped = value.replacingBytes("\\", with: "\\\\").replacingBytes("'", with: "\\'")
            return "\(keyword)=" + (isPlain ? value : "'\(escaped)'")
        }

        /// Whether the user has set it somewhere.
        package var isChosen: Bool { !["default", "operating system", Self.userName].contains(origin) }

        /// Where the name of a database comes from that is set nowhere.
        fileprivate static let userName = "the user's name"

        /// Whether a secret in it is masked.
        var isMasked: Bool { value.containsBytes("***") }
    }

    /// A host, an address and a port that libpq would try.
    package struct Endpoint: Sendable, Hashable, Codable {
        /// The host name, or the directory of a socket.
        package let host: String?
        /// The numeric address, if one is given.
        package let address: String?
        /// The port as it was written.
        package let port: String
    }

    /// The number of the document's schema.
    package let schema: Int
    /// The parameters that have a value, libpq's first.
    package let settings: [Setting]
    /// Where libpq would connect to, in order.
    package let endpoints: [Endpoint]

    /// Reads and resolves a connection string, and connects to nothing.
    ///
    /// - Parameters:
    ///   - text: The connection string.
    ///   - overriding: Parameters that are laid over it, by keyword.
    ///   - generators: The generators whose keywords it may hold.
    ///   - environment: What unset parameters come from.
    /// - Throws: `ConninfoError`, which never quotes a value.
    package init(
        _ text: String,
        overriding: [String: String] = [:],
        generators: AuthTokenGeneratorRegistry,
        environment: ConninfoEnvironment = .process
    ) throws {
        let string = try Conninfo.parse(text, dialect: .linked, extensions: .init(generators))
        try self.init(string, overriding: overriding, environment: environment)
    }

    init(_ string: Conninfo, overriding: [String: String], environment: ConninfoEnvironment) throws {
        let given = try string.overridden(by: overriding)
        let resolved = try given.resolve(in: environment)
        let origins = try SettingOrigins(string: string, given: given, resolved: resolved, environment)
        schema = 1
        settings =
            resolved.parameters.parameters.filter { !$0.bytes.isEmpty || given.contains($0.keyword) }.map { parameter in
                Setting(
                    keyword: parameter.keyword.name,
                    value: Self.shown(parameter),
                    origin: origins.origin(of: parameter)
                )
            }
            + given.extensionParameters.map { parameter in
                let isInString = string.bytes(ofExtension: parameter.name) == parameter.bytes
                return Setting(
                    keyword: parameter.name,
                    value: parameter.isSecret ? "***" : String(decoding: parameter.bytes, as: UTF8.self),
                    origin: isInString ? "connection string" : "option"
                )
            }
        endpoints = try resolved.endpoints().map { endpoint in
            Endpoint(
                host: endpoint.host,
                address: endpoint.hostaddr,
                port: String(decoding: endpoint.portBytes, as: UTF8.self)
            )
        }
    }

    /// A value without what is secret in it: a host may be a URL by mistake, and have a password in it.
    private static func shown(_ parameter: Conninfo.Parameter) -> String {
        guard !parameter.keyword.isSecret else { return "***" }
        let text = String(decoding: parameter.bytes, as: UTF8.self)
        return parameter.keyword == .host ? text.withoutUserOfURL : text
    }

    /// Returns the setting of a keyword, or `nil` if it has no value.
    package subscript(_ keyword: String) -> Setting? { settings.first { $0.keyword.isBytewiseEqual(to: keyword) } }
}

/// Finds out which of libpq's sources a value came from.
private struct SettingOrigins {
    private let string: Conninfo
    private let given: Conninfo
    /// With nothing but the connection string and the service.
    private let withService: Conninfo
    /// With nothing at all.
    private let bare: Conninfo
    private let environment: ConninfoEnvironment
    private let service: String?
    /// Whether no name of a database is set, so that it is the user's.
    private let databaseIsUser: Bool

    init(string: Conninfo, given: Conninfo, resolved: ResolvedConninfo, _ environment: ConninfoEnvironment) throws {
        self.string = string
        self.given = given
        self.environment = environment
        service = resolved[.service].flatMap { $0.isEmpty ? nil : $0 }
        var lone = environment
        let ofServices = ["PGSERVICE", "PGSERVICEFILE", "PGSYSCONFDIR"]
        lone.variables = environment.variables.filter { ofServices.contains($0.key) }
        withService = try given.resolve(in: lone).parameters
        lone.variables = [:]
        bare = try Conninfo(dialect: given.dialect).resolve(in: lone).parameters
        // With another user, it is another one.
        let user = (resolved.parameters.bytes(of: .user) ?? []) + [UInt8(ascii: "?")]
        var other = given
        try other.set(.user, to: user)
        databaseIsUser = try other.resolve(in: environment).parameters.bytes(of: .dbname) == user
    }

    func origin(of parameter: Conninfo.Parameter) -> String {
        let keyword = parameter.keyword
        if keyword == .dbname, databaseIsUser { return ConnectionSettings.Setting.userName }
        if given.bytes(of: keyword) == parameter.bytes {
            return string.bytes(of: keyword) == parameter.bytes ? "connection string" : "option"
        }
        if let service, withService.bytes(of: keyword) != bare.bytes(of: keyword),
            withService.bytes(of: keyword) == parameter.bytes
        {
            return keyword == .service ? "PGSERVICE" : "service \(service)"
        }
        if let name = keyword.environmentVariable, environment.variables[name] == parameter.bytes { return name }
        return keyword == .user ? "operating system" : "default"
    }
}

extension Conninfo {
    /// Returns the parameters with others laid over them; a host that replaces another one loses its address.
    func overridden(by parameters: [String: String]) throws -> Conninfo {
        var conninfo = self
        for (name, value) in parameters.sorted(by: { ByteText($0.key) < ByteText($1.key) }) {
            guard let keyword = Keyword(name) else {
                try conninfo.set(extension: name, to: value)
                continue
            }
            try conninfo.set(keyword, to: value)
            if keyword == .host, parameters["hostaddr"] == nil { conninfo.remove(.hostaddr) }
        }
        return conninfo
    }
}
