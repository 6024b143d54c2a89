import AWSGenerators
import AuthTokens
import PGConninfo
import PGRDSIAM
import RDSIAMBasics
import RDSIAMSystem

/// Reads the connection string, and says what it leaves to a service, the environment and defaults.
struct SettingsRung: Rung {
    let name = Step.Name.settings
    let text: String
    let overriding: [String: String]
    /// Whether there must be a server to log in to.
    var needsHost = true

    func look(_ findings: inout Findings) async throws -> Step {
        let examination = findings.examination
        do {
            var string = try Conninfo.parse(text, dialect: .linked, extensions: .init(examination.issuer.generators))
            let keyword = Conninfo.ExtensionKeywords.generatorKeyword
            let settings = try ConnectionSettings(string, overriding: overriding, environment: examination.environment)
            findings.settings = settings
            if string.bytes(ofExtension: keyword) == nil, overriding[keyword] == nil {
                try string.set(extension: keyword, to: findings.generatorName)
            }
            let conninfo = try string.overridden(by: overriding)
            let resolved = try conninfo.resolve(in: examination.environment)
            try resolved.validate()
            findings.generatorName = conninfo[extension: keyword] ?? "default"
            findings.servers = try servers(resolved, conninfo)
            findings.server = findings.servers.first
            if needsHost, !findings.generatorName.isEmpty {
                for server in findings.servers {
                    try await Self.check(server.conninfo, findings.generatorName, examination.environment)
                }
            }
            return step(settings, findings)
        } catch let error as ConninfoError {
            let fault = fault(error, examination)
            findings.add(.unusableString(error, fault))
            return Step(name, .failed, Findings.unusable, [fault.message])
        } catch let failure as UnusableSettings {
            findings.add(failure.cause)
            return Step(name, .failed, failure.cause.summary, findings.settings.map(lines) ?? [])
        }
    }

    /// Names the word that is wrong, and where it comes from.
    private func fault(_ error: ConninfoError, _ examination: Examination) -> ConninfoFault {
        let extensions = Conninfo.ExtensionKeywords(examination.issuer.generators)
        guard let string = try? Conninfo.parse(text, dialect: .linked, extensions: extensions),
            let given = try? string.overridden(by: overriding)
        else { return ConninfoFault(error, in: text) }
        let isOption = error.keyword.map { overriding[$0] != nil } ?? false
        let place = isOption ? "an option" : "the connection string"
        return ConninfoFault(error, of: given, from: place, in: examination.environment)
    }

    private func servers(_ resolved: ResolvedConninfo, _ conninfo: Conninfo) throws -> [Server] {
        let endpoints = try resolved.endpoints()
        let user = resolved[.user] ?? ""
        if endpoints.isEmpty || endpoints.contains(where: { $0.kind == .unixSocket }) {
            guard !needsHost else { throw endpoints.count > 1 ? UnusableSettings.socket : .noHost }
            let parameters = try conninfo.parametersForGenerator()
            let request = AuthTokenRequest(host: "localhost", user: user, parameters: parameters)
            return [Server(request: request, address: nil, conninfo: conninfo)]
        }
        guard !user.isEmpty else { throw UnusableSettings.noUser }
        return try endpoints.indices.map { index in
            let endpoint = endpoints[index]
            let own = try conninfo.only(index, of: endpoints)
            let request = AuthTokenRequest(
                host: endpoint.host ?? endpoint.hostaddr ?? "",
                port: try endpoint.port(),
                user: user,
                database: resolved[.dbname],
                parameters: try own.parametersForGenerator()
            )
            return Server(request: request, address: endpoint.hostaddr, conninfo: own)
        }
    }

    /// Refuses what connecting would refuse before it asks for a token, such as a setting that excludes tokens.
    private static func check(_ conninfo: Conninfo, _ name: String, _ environment: ConninfoEnvironment) async throws {
        let generators = AuthTokenGeneratorRegistry()
        try generators.add(name, lifetime: .seconds(60)) { _ in throw NoToken() }
        do {
            _ = try await RDSIAM.token(
                for: conninfo,
                issuer: TokenIssuer(generators: generators),
                environment: environment
            )
        } catch let error as RDSIAMError {
            throw UnusableSettings(error)
        } catch is NoToken {
            return
        }
    }

    /// What a generator throws that is there to be asked, not to answer.
    private struct NoToken: Error {}

    private func step(_ settings: ConnectionSettings, _ findings: Findings) -> Step {
        var lines = lines(settings)
        if findings.servers.count > 1 {
            lines.append("\(findings.servers.count) servers are named; a login tries them in this order")
        }
        var origins: [String] = []
        for setting in settings.settings where setting.isChosen && !origins.contains(setting.origin) {
            origins.append(setting.origin)
        }
        return Step(name, .passed, origins.isEmpty ? "none is set" : origins.joined(separator: ", "), lines)
    }

    /// The settings that were chosen somewhere, and the few that always matter, a line for each place they come from.
    private func lines(_ settings: ConnectionSettings) -> [String] {
        let always = ["host", "port", "user", "dbname"]
        let shown = settings.settings.filter { $0.isChosen || (needsHost && always.contains($0.keyword)) }
        var origins: [String] = []
        for setting in shown where !origins.contains(setting.origin) { origins.append(setting.origin) }
        return origins.map { origin in
            "\(origin): " + shown.filter { $0.origin == origin }.map(\.text).joined(separator: " ")
        }
    }
}

/// Why there is nothing to try.
private struct UnusableSettings: Error {
    let cause: Cause

    init(_ code: String, _ summary: String, advice: String) { cause = Cause(code, summary, advice: advice) }

    static let noHost = UnusableSettings(
        "noHost",
        "No server is named, so libpq would dial a local socket.",
        advice: "Name the database's endpoint with host, or set PGHOST."
    )

    static let socket = UnusableSettings(
        "noHost",
        "One of the hosts is a local socket, which has no TLS to send a token over.",
        advice: "Name servers alone."
    )

    static func signingEndpoints(_ keyword: String, _ count: Int, _ hosts: Int) -> UnusableSettings {
        UnusableSettings(
            "signingEndpoints",
            "\(keyword) has \(count) \(count == 1 ? "value" : "values") for \(hosts) hosts.",
            advice: "Give it one value for each host, with commas between."
        )
    }

    static let noUser = UnusableSettings(
        "noUser",
        "There is no user to log in as.",
        advice: "Name one with user, or set PGUSER."
    )

    static func notUTF8(_ keyword: String) -> UnusableSettings {
        UnusableSettings("notUTF8", "The value of \(keyword) is not UTF-8.", advice: "Write it in UTF-8.")
    }

    /// Settings that connecting refuses; the code is that of the diagnosis if it has one.
    init(_ error: RDSIAMError) {
        let sentences = error.message.sentences
        let codes = [
            ("channel_binding", "channelBinding"), ("require_auth", "requireAuth"), ("sslmode", "insecureSettings"),
            ("gssencmode", "insecureSettings"), ("sslrootcert", "systemRootsUnsupported"),
        ]
        let code = codes.first { error.message.containsBytes($0.0) }?.1 ?? "\(error.code)"
        self.init(code, sentences[0], advice: sentences.dropFirst().joined(separator: " "))
    }
}

extension Cause {
    fileprivate static func unusableString(_ error: ConninfoError, _ fault: ConninfoFault) -> Cause {
        Cause(
            "\(error.code)",
            fault.summary,
            advice: fault.advice.isEmpty ? "Correct the connection string." : fault.advice
        )
    }
}

extension Conninfo {
    /// What the connection string says to the generator, by keyword.
    fileprivate func parametersForGenerator() throws -> [String: String] {
        var parameters: [String: String] = [:]
        for parameter in extensionParameters
        where !parameter.name.isBytewiseEqual(to: ExtensionKeywords.generatorKeyword) {
            guard let value = parameter.value else { throw UnusableSettings.notUTF8(parameter.name) }
            parameters[parameter.name] = value
        }
        return parameters
    }

    /// Returns the parameters with one of their hosts, and of lists of signing endpoints with the one in its place.
    fileprivate func only(_ index: Int, of endpoints: [Endpoint]) throws -> Conninfo {
        guard endpoints.count > 1 else { return self }
        var conninfo = self
        try conninfo.set(.host, to: endpoints[index].hostBytes ?? [])
        try conninfo.set(.hostaddr, to: endpoints[index].hostaddrBytes ?? [])
        try conninfo.set(.port, to: endpoints[index].portBytes)
        for keyword in [AWSKeyword.host, AWSKeyword.port] {
            guard let list = self[extension: keyword], !list.isEmpty else { continue }
            let values = list.splitBytes(separator: ",", omittingEmptySubsequences: false)
            let isForAll = values.count == 1 && keyword.isBytewiseEqual(to: AWSKeyword.port)
            let isOneName = values.count == 1 && endpoints.allSatisfy { $0.hostBytes == endpoints[0].hostBytes }
            if isForAll || isOneName { continue }
            guard values.count == endpoints.count else {
                throw UnusableSettings.signingEndpoints(keyword, values.count, endpoints.count)
            }
            try conninfo.set(extension: keyword, to: values[index])
        }
        return conninfo
    }
}

extension String {
    /// The sentences, split after each full stop that a space follows.
    var sentences: [String] {
        var sentences: [String] = []
        var current: [UInt8] = []
        for byte in utf8 {
            if byte == UInt8(ascii: " "), current.last == UInt8(ascii: ".") || current.last == UInt8(ascii: "?") {
                sentences.append(String(decoding: current, as: UTF8.self))
                current = []
            } else {
                current.append(byte)
            }
        }
        return current.isEmpty ? sentences : sentences + [String(decoding: current, as: UTF8.self)]
    }
}
