import AWSGenerators
import AuthTokens
import LoginDiagnosis
import PGConninfo
import RDSIAMBasics

/// Makes sure that a token is never sent without TLS, and refuses settings with which no token can log in.
///
/// libpq's own default, `sslmode=prefer`, goes on in clear if a server, or an attacker on the way to it, refuses TLS.
struct TLSPolicy {
    private static let weakModes = ["disable", "allow", "prefer"]

    private let sources: SettingSources
    private var resolved: ResolvedConninfo

    /// The parameters with every default filled in, an `sslmode` that insists on TLS, and without encryption by GSSAPI,
    /// which would take its place.
    ///
    /// - Throws: `ConninfoError`; ``RDSIAMError`` if the parameters or the environment ask for less than TLS, or for
    ///   what excludes tokens.
    static func resolve(_ conninfo: Conninfo, in environment: ConninfoEnvironment) throws -> ResolvedConninfo {
        let resolved = try conninfo.resolve(in: environment, leavingUnset: .sslmode)
        var policy = TLSPolicy(
            sources: SettingSources(given: conninfo, environment: environment),
            resolved: resolved
        )
        try policy.apply()
        return policy.resolved
    }

    private mutating func apply() throws {
        if resolved[.gssencmode] == "require" {
            throw RDSIAMError.insecure(
                "gssencmode",
                "require",
                from: source(of: .gssencmode),
                use: "sslmode=verify-full"
            )
        }
        if try usesTunnel() {
            try resolved.set(.sslmode, to: "disable")
        } else {
            try requireTLS()
        }
        try resolved.set(.gssencmode, to: "disable")
        try checkAuthentication()
    }

    private mutating func requireTLS() throws {
        if let mode = resolved[.sslmode], Self.weakModes.contains(mode) {
            throw RDSIAMError.insecure("sslmode", mode, from: source(of: .sslmode), use: "require or verify-full")
        }
        if !resolved.parameters.contains(.sslmode) {
            try resolved.set(.sslmode, to: Self.knowsRoot(resolved.parameters, sources) ? "verify-full" : "require")
        }
        try checkSystemRoots()
    }

    private func source(of keyword: Conninfo.Keyword) -> String? { sources.source(of: keyword) }

    /// Whether there is a file of root certificates: with one, libpq checks the chain even with `sslmode=require`
    /// (libpq, "SSL Support"), and without one it checks nothing.
    private static func hasRootFile(_ parameters: Conninfo, _ sources: SettingSources) -> Bool {
        let named = parameters.bytes(of: .sslrootcert).flatMap { $0.isEmpty ? nil : $0 }
        return (named ?? sources.standardRootFile).map { sources.environment.files($0) != nil } ?? false
    }

    /// Whether there is a certificate to check the server's against.
    private static func knowsRoot(_ parameters: Conninfo, _ sources: SettingSources) -> Bool {
        if let root = parameters.bytes(of: .sslrootcert), !root.isEmpty { return true }
        return sources.standardRootFile.map { sources.environment.files($0) != nil } ?? false
    }

    /// Before version 16, libpq takes `system` for the name of a file.
    private func checkSystemRoots() throws {
        guard resolved.parameters.dialect < .v16, resolved.parameters.bytes(of: .sslrootcert) == Array("system".utf8),
            sources.environment.files(Array("system".utf8)) == nil
        else { return }
        throw RDSIAMError.systemRoots(resolved.parameters.dialect, endpoint)
    }

    /// What the name to sign for says about the server, or `nil` if several are named, or none.
    private var endpoint: DatabaseEndpoint? {
        let name = resolved.parameters[extension: AWSKeyword.host] ?? resolved[.host]
        return name.flatMap { $0.isEmpty || $0.containsBytes(",") ? nil : DatabaseEndpoint($0) }
    }

    /// What is not safe about parameters that this policy has resolved, or `nil` if nothing is.
    ///
    /// - Parameters:
    ///   - parameters: The parameters that libpq gets.
    ///   - request: What a token for the server is asked with.
    ///   - sources: What the parameters come from.
    static func warning(
        about parameters: Conninfo,
        for request: AuthTokenRequest,
        _ sources: SettingSources
    ) -> String? {
        guard parameters[.sslmode] == "require", !hasRootFile(parameters, sources) else { return nil }
        let endpoint = DatabaseEndpoint(request.parameters[AWSKeyword.host] ?? request.host)
        return "The server's certificate is not checked. "
            + TrustRoots.advice(for: endpoint, libpqVersion: parameters.dialect.majorVersion * 10_000)
    }
}

// MARK: - Authentication

extension TLSPolicy {
    /// The generators whose tokens a server asks for as a clear-text password.
    ///
    /// What a generator of another name makes may be a password that other methods take.
    private static let tokenGenerators = [DefaultGenerator.name, RDSGenerator.name, DSQLGenerator.name]

    /// Whether a generator makes passwords that servers store, which they may ask for by a method such as SCRAM.
    static func makesStoredPasswords(_ generator: String?) -> Bool {
        let names = [RedshiftGenerator.name, RedshiftGenerator.serverlessName, SecretsManagerGenerator.name]
        return generator.map { generator in names.contains { $0.isBytewiseEqual(to: generator) } } ?? false
    }

    /// Refuses what excludes a clear-text password inside TLS, before a token is made for nothing.
    private func checkAuthentication() throws {
        let keyword = Conninfo.ExtensionKeywords.generatorKeyword
        guard let generator = resolved.parameters[extension: keyword],
            Self.tokenGenerators.contains(where: { $0.isBytewiseEqual(to: generator) })
        else { return }
        if resolved[.channelBinding] == "require" {
            throw RDSIAMError.excludesTokens("channel_binding", "require", from: source(of: .channelBinding), "prefer")
        }
        if let methods = resolved[.requireAuth], !Self.allowsPassword(methods) {
            throw RDSIAMError.excludesTokens("require_auth", methods, from: source(of: .requireAuth), "password")
        }
    }

    /// Whether a list of methods includes clear-text passwords, or does not exclude them.
    private static func allowsPassword(_ list: String) -> Bool {
        let methods = list.splitBytes(separator: ",")
        guard let first = methods.first else { return true }
        let excludes = first.hasBytePrefix("!")
        return methods.contains { $0.isBytewiseEqual(to: excludes ? "!password" : "password") } != excludes
    }
}

// MARK: - Tunnels

extension Conninfo.ExtensionKeywords {
    /// The keyword that says, with the value `1`, that the dialed address is the near end of a tunnel that speaks TLS
    /// to the server, such as stunnel's, so that the token is sent to it without TLS.
    ///
    /// It is allowed for numeric loopback addresses only, and rules out every other `sslmode` than `disable`. The
    /// tunnel must check the server's certificate itself. A process of this machine that takes the port before the
    /// tunnel does gets the token in clear, and so does one that may listen to loopback traffic: prefer a tunnel that
    /// passes TLS through, such as `ssh -L`, which needs no such setting.
    static let tlsTunnelKeyword = "aws_rds_iam_tls_tunnel"
}

extension TLSPolicy {
    /// Whether the connection string says that a tunnel on this machine speaks TLS.
    private func usesTunnel() throws -> Bool {
        let keyword = Conninfo.ExtensionKeywords.tlsTunnelKeyword
        switch resolved.parameters.bytes(ofExtension: keyword).map({ String(decoding: $0, as: UTF8.self) }) {
        case nil, "0": return false
        case "1": break
        default: throw RDSIAMError.tunnelValue(keyword)
        }
        for endpoint in try resolved.endpoints() {
            let address = endpoint.hostaddr ?? endpoint.host ?? ""
            guard NetworkAddress(address)?.isLoopback == true else { throw RDSIAMError.tunnelAddress(keyword) }
        }
        if let mode = resolved[.sslmode], mode != "disable" {
            throw RDSIAMError.tunnelMode(keyword, mode, from: source(of: .sslmode))
        }
        return true
    }
}

// MARK: - Errors

extension RDSIAMError {
    fileprivate static func insecure(
        _ keyword: String,
        _ value: String,
        from source: String?,
        use secure: String
    ) -> RDSIAMError {
        let setting = "\(keyword)=\(value)\(source.map { ", from \($0)," } ?? "")"
        return RDSIAMError(.invalidRequest, "\(setting) could send the token without TLS. Use \(secure).")
    }

    fileprivate static func excludesTokens(
        _ keyword: String,
        _ value: String,
        from source: String?,
        _ allowed: String
    ) -> RDSIAMError {
        let setting = "\(keyword)=\(value)\(source.map { ", from \($0)," } ?? "")"
        return RDSIAMError(
            .invalidRequest,
            "\(setting) excludes tokens, which are clear-text passwords inside TLS. Leave \(keyword) unset, or set it to "
                + "\(allowed); sslmode=verify-full protects the token."
        )
    }

    fileprivate static func systemRoots(_ dialect: Conninfo.Dialect, _ endpoint: DatabaseEndpoint?) -> RDSIAMError {
        RDSIAMError(
            .invalidRequest,
            "sslrootcert=system needs libpq 16 or newer, and this program has loaded \(dialect). "
                + TrustRoots.advice(for: endpoint, libpqVersion: dialect.majorVersion * 10_000)
        )
    }

    fileprivate static func tunnelValue(_ keyword: String) -> RDSIAMError {
        RDSIAMError(.invalidRequest, "The value of \(keyword) is neither 0 nor 1. Set it to 1, or leave it out.")
    }

    fileprivate static func tunnelAddress(_ keyword: String) -> RDSIAMError {
        RDSIAMError(
            .invalidRequest,
            "\(keyword)=1 would send the token without TLS to an address that is not this machine's own. Set hostaddr, or "
                + "host, to the tunnel's loopback address, such as 127.0.0.1, or leave \(keyword) out."
        )
    }

    fileprivate static func tunnelMode(_ keyword: String, _ mode: String, from source: String?) -> RDSIAMError {
        RDSIAMError(
            .invalidRequest,
            "\(keyword)=1 says that the tunnel speaks TLS, and sslmode=\(mode)\(source.map { ", from \($0)," } ?? "") that "
                + "libpq does. Set one of them: leave \(keyword) out, or set sslmode=disable beside it."
        )
    }
}
