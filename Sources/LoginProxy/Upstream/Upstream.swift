#if Proxy
import AWSGenerators
import AuthTokens
import LoginDiagnosis
import NIOCore
import NIOSSL
public import PGConninfo
import RDSIAMSystem

/// A database server, or a list of servers, to log in to with tokens.
///
/// ```swift
/// let conninfo = try Conninfo.parse("host=db.example.com user=app", extensions: ["aws_rds_iam_region"])
/// let upstream = try Upstream(conninfo)
/// ```
///
/// A connection string's `sslmode` may be left out. The server's certificate and name are always checked, as libpq's
/// `verify-full` does: a connection string that asks for less than TLS is refused, one that asks for less than
/// `verify-full` gets more than it asks for.
public struct Upstream: Sendable {
    /// The keyword of a connection string that names the generator of tokens.
    package static let generatorKeyword = "aws_rds_iam_auth_token_generator"

    /// The host and port of the first server, for logs and messages.
    package let name: String
    /// The name of the generator to ask; `default` if the connection string names none.
    package let generator: String
    /// The database user that clients may log in as.
    package let user: String
    /// The database that the connection string names, or `nil` if it names none.
    ///
    /// A client may name another one. The server's privileges decide.
    package let database: String?
    /// Further users: the name that a client says, and the database user that stands for it.
    public var userMap: [String: String] = [:]

    /// In the order in which they are tried.
    let hosts: [UpstreamHost]
    let isShuffled: Bool
    /// The connection string's `connect_timeout`.
    let connectTimeout: Duration?
    let keepalive: Keepalive
    /// The file of trusted roots; `nil` for the operating system's.
    let rootFile: String?
    let tls: NIOSSLContext

    /// Reads a connection string.
    ///
    /// - Parameters:
    ///   - conninfo: The servers and the user, read with the keywords of the issuer's generators.
    ///   - environment: What unset parameters come from.
    /// - Throws: `ConninfoError` for what libpq would refuse; ``ProxyError`` for what a proxy does not do, or what
    ///   would send a token the wrong way, and for certificates that cannot be read.
    public init(_ conninfo: Conninfo, environment: ConninfoEnvironment = .process) throws {
        let resolved = try conninfo.resolve(in: environment, leavingUnset: .sslmode)
        try Self.check(conninfo, resolved, environment)
        try resolved.validate()
        let parameters = resolved.parameters
        let keyword = Self.generatorKeyword
        generator = try parameters.bytes(ofExtension: keyword)?.text(of: keyword) ?? "default"
        user = try parameters.bytes(of: .user)?.text(of: "user") ?? ""
        // An unset database has been given the name of the user.
        let given = conninfo.bytes(of: .dbname) ?? resolved.parameters.bytes(of: .dbname)
        database = try given?.text(of: "dbname")
        let endpoints = try resolved.endpoints()
        hosts = try endpoints.indices.map { try UpstreamHost($0, of: endpoints, in: parameters) }
        name = hosts.first?.displayName ?? ""
        isShuffled = resolved[.loadBalanceHosts] == "random"
        connectTimeout = try resolved.connectTimeout.map { .seconds($0) }
        keepalive = Keepalive(resolved)
        let trust = try Trust(resolved, environment, hosts)
        rootFile = trust.path
        tls = try trust.context()
    }

    /// The database user that a client's name stands for, or `nil` if it stands for none.
    func databaseUser(for name: [UInt8]) -> String? {
        if Array(user.utf8) == name { return user }
        return userMap.first { Array($0.key.utf8) == name }?.value
    }
}

extension Upstream: CustomStringConvertible, CustomReflectable {
    /// The user and the first server.
    public var description: String { "Upstream(\(user)@\(name))" }

    /// A mirror without the parameters for generators.
    public var customMirror: Mirror { Mirror(self, children: ["user": user, "name": name, "generator": generator]) }
}

/// One of the servers of an upstream.
struct UpstreamHost: Sendable {
    /// The name that the certificate must be for; `nil` if it must be for the address.
    let name: String?
    /// What is looked up, or dialed if it is an address.
    let target: String
    let port: Int
    /// What a token for this server is asked with; user and database are the client's.
    let request: AuthTokenRequest

    var displayName: String { "\(request.host):\(port)" }

    /// What the name to sign for says about the server.
    var signingEndpoint: DatabaseEndpoint { DatabaseEndpoint(request.parameters[AWSKeyword.host] ?? request.host) }

    init(_ index: Int, of endpoints: [Conninfo.Endpoint], in parameters: Conninfo) throws {
        let endpoint = endpoints[index]
        let host = try endpoint.hostBytes?.text(of: "host") ?? ""
        let address = try endpoint.hostaddrBytes?.text(of: "hostaddr") ?? ""
        guard !(host + address).isEmpty, !host.hasBytePrefix("/"), !host.hasBytePrefix("@") else {
            throw ProxyError(
                .invalidUpstream,
                "The connection string names no server to log in to over TLS. Set host to the database's endpoint."
            )
        }
        let isAddress = HostLookup.canonicalAddress(host) != nil
        guard host.isEmpty || isAddress || Self.isName(host) else {
            throw ProxyError(
                .invalidUpstream,
                """
                No certificate can be for the host \(String(reflecting: host)). Set host to the database's endpoint, and \
                its port with the keyword port.
                """
            )
        }
        guard !isAddress || address.isEmpty || address.isBytewiseEqual(to: host) else {
            throw ProxyError(
                .invalidUpstream,
                "host is the address \(host), but hostaddr is \(address), so the certificate cannot be checked. Set host "
                    + "to the database's endpoint."
            )
        }
        port = try endpoint.port()
        target = address.isEmpty ? host : address
        name = host.isEmpty || isAddress ? nil : host
        request = AuthTokenRequest(
            host: host.isEmpty ? address : host,
            port: port,
            user: "",
            parameters: try parameters.parametersForGenerator(index, of: endpoints)
        )
    }
}

extension UpstreamHost {
    /// Returns whether a certificate can be for this name: TLS knows only letters, digits, hyphens and periods.
    private static func isName(_ host: String) -> Bool {
        host.asciiLowercased().utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        }
    }
}

extension Conninfo {
    /// What the connection string says to generators about one of its hosts, by keyword.
    fileprivate func parametersForGenerator(_ index: Int, of endpoints: [Endpoint]) throws -> [String: String] {
        var values: [String: String] = [:]
        for parameter in extensionParameters
        where !parameter.name.isBytewiseEqual(to: Upstream.generatorKeyword) {
            values[parameter.name] = try parameter.bytes.text(of: parameter.name)
        }
        do {
            return try AWSKeyword.parameters(ofHost: index, of: endpoints.map(\.hostBytes), in: values)
        } catch {
            throw ProxyError(.invalidUpstream, error.message)
        }
    }
}

extension [UInt8] {
    /// Returns the value of a keyword as text.
    ///
    /// - Throws: ``ProxyError`` if it is not UTF-8.
    fileprivate func text(of keyword: String) throws(ProxyError) -> String {
        guard let text = String(validating: self, as: UTF8.self) else {
            throw ProxyError(.invalidUpstream, "The value of \(keyword) is not UTF-8. Correct the connection string.")
        }
        return text
    }
}

/// What TLS with a server must be: the certificates that the server's must lead to, and the versions.
private struct Trust {
    /// Where they are; `nil` for the operating system's.
    let path: String?
    private let certificates: [NIOSSLCertificate]
    private let lowestVersion: TLSVersion
    private let highestVersion: TLSVersion?

    /// Reads the file that the connection string names, or else libpq's default file if there is one.
    ///
    /// It refuses hosts of which it is known that none of the operating system's roots signs their certificates.
    init(_ resolved: ResolvedConninfo, _ environment: ConninfoEnvironment, _ hosts: [UpstreamHost]) throws {
        lowestVersion = TLSVersion(libpq: resolved[.sslMinProtocolVersion]) ?? .tlsv12
        highestVersion = TLSVersion(libpq: Conninfo.Keyword("ssl_max_protocol_version").flatMap { resolved[$0] })
        let named = try resolved.parameters.bytes(of: .sslrootcert)?.text(of: "sslrootcert") ?? ""
        let home = environment.homeDirectory.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let usual = home + "/.postgresql/root.crt"
        let isUsual = named.isEmpty && !home.isEmpty && environment.files(Array(usual.utf8)) != nil
        path = isUsual ? usual : named.isEmpty || named == "system" ? nil : named
        do {
            let bytes = path.flatMap { environment.files(Array($0.utf8))?.contents }
            certificates =
                try path.map { path in
                    try bytes.map { try NIOSSLCertificate.fromPEMBytes($0) } ?? NIOSSLCertificate.fromPEMFile(path)
                } ?? []
        } catch {
            throw ProxyError(
                .unreadableCertificate,
                "There are no certificates to be read in \(path ?? ""). "
                    + TrustRoots.advice(for: hosts.first.map { $0.signingEndpoint })
            )
        }
        guard path == nil, let endpoint = hosts.map(\.signingEndpoint).first(where: { $0.roots == .rdsBundle })
        else { return }
        throw ProxyError(.invalidUpstream, TrustRoots.advice(for: endpoint))
    }

    func context() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = lowestVersion
        configuration.maximumTLSVersion = highestVersion
        configuration.certificateVerification = .fullVerification
        configuration.applicationProtocols = ["postgresql"]
        // A server that is busy with a query does not answer the end of TLS; five seconds would delay the proxy's own.
        configuration.shutdownTimeout = .seconds(1)
        if path != nil { configuration.trustRoots = .certificates(certificates) }
        return try NIOSSLContext(configuration: configuration)
    }
}

/// How the operating system finds out that a peer is gone (`tcp(7)`).
struct Keepalive: Sendable, Hashable {
    var isOn = true
    /// In seconds; `nil` for the system's own.
    var idle: Int?
    /// In seconds; `nil` for the system's own.
    var interval: Int?
    /// `nil` for the system's own.
    var count: Int?
    /// How long sent bytes may stay unacknowledged, in milliseconds; `nil` for the system's own.
    var userTimeout: Int?

    init() {}

    /// Reads libpq's settings.
    init(_ resolved: ResolvedConninfo) {
        func number(_ keyword: Conninfo.Keyword?) -> Int? {
            keyword.flatMap { resolved[$0] }.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        }
        isOn = resolved[.keepalives].flatMap { Int($0) } != 0
        idle = number(.keepalivesIdle)
        interval = number(.keepalivesInterval)
        count = number(.keepalivesCount)
        userTimeout = number(Conninfo.Keyword("tcp_user_timeout"))
    }
}
#endif
