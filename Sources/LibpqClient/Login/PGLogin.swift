import CLibpq
import RDSIAMBasics
import RDSIAMSystem

/// What it takes to log in: libpq's keywords with their values, and, if each server needs a password of its own, how to
/// get it.
///
/// ```swift
/// let connection = try await PGConnection.connect(
///     PGLogin(["host": "db.example.com", "user": "andrew", "dbname": "blog", "sslmode": "verify-full"])
/// )
/// ```
///
/// Keywords that are missing come from the process's environment, as libpq does it. A value that is empty counts as
/// set. `host`, `hostaddr` and `port` may be lists; the servers are tried as libpq tries them, each for as long as
/// `connect_timeout` says. Names are looked up without blocking, unless a `service` names the servers.
public struct PGLogin: Sendable {
    /// One of libpq's keywords and its value.
    public struct Parameter: Sendable, Hashable {
        /// The keyword (libpq, "Parameter Key Words").
        package let keyword: String
        /// The value, which need not be UTF-8.
        package let value: [UInt8]

        /// Names a keyword and its value.
        public init(_ keyword: String, _ value: some Sequence<UInt8>) {
            self.keyword = keyword
            self.value = Array(value)
        }
    }

    /// A password, and the user it is for.
    public struct Credential: Sendable {
        /// The password, which is secret.
        package var password: String
        /// The user to log in as; `nil` for the one that the parameters name.
        package var user: String?

        /// Creates a credential.
        public init(password: String, user: String? = nil) {
            self.password = password
            self.user = user
        }
    }

    /// Logs in to one of the servers by calling `logIn` with the password for it.
    ///
    /// It may call `logIn` again after a failure, with another password. It returns what `logIn` returned.
    public typealias Authenticator =
        @Sendable (
            _ server: PGEndpoint,
            _ logIn: @Sendable (Credential) async throws -> PGConnection.Facts
        ) async throws -> PGConnection.Facts

    /// The keywords and their values; the last of several for the same keyword counts.
    package var parameters: [Parameter]
    /// The servers to try, in order, instead of those that the parameters name; `nil` for those.
    package var servers: [PGEndpoint]?
    /// Supplies the password of each server, when its turn comes; `nil` if the parameters say all.
    ///
    /// If it throws without a login, the next server is tried.
    public var authenticator: Authenticator?
    /// Whether a connection without TLS is refused, whatever `sslmode` says.
    public var requiresTLS = false
    /// Whether a server that asks for no password is refused, which libpq does from version 16 on if `require_auth`
    /// says so.
    public var requiresPassword = false
    /// How long the server may take to stop a canceled statement before the connection is closed.
    package var cancellationTimeout = Duration.seconds(10)

    /// Creates a login from keywords and values in order.
    public init(_ parameters: [Parameter]) {
        self.parameters = parameters
    }

    /// Creates a login from keywords and values.
    public init(_ parameters: [String: String]) {
        self.parameters = parameters.sorted { ByteText($0.key) < ByteText($1.key) }.map { Parameter($0, $1.utf8) }
    }
}

extension PGLogin.Credential: CustomStringConvertible, CustomReflectable {
    /// The user alone.
    public var description: String { "password for \(user ?? "the user of the parameters")" }
    /// Nothing: the password is secret.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

// MARK: - What libpq gets

extension PGLogin {
    /// Where servers are named, and in which order they are tried: what the walk along them decides instead of libpq.
    private static let ofWalk = ["host", "hostaddr", "port", "load_balance_hosts", "connect_timeout"]

    /// The value of a keyword, or `nil` if it is not among the parameters.
    func value(_ keyword: String) -> [UInt8]? {
        parameters.last { $0.keyword.isBytewiseEqual(to: keyword) }?.value
    }

    /// The value of a keyword as text: as given, or else as libpq finds it in the environment (`PQconndefaults`).
    ///
    /// - Throws: ``PGError`` with the code `invalidParameter` if it is not UTF-8.
    func text(_ keyword: String, _ defaults: [String: String]) throws(PGError) -> String? {
        guard let value = value(keyword) else { return defaults[keyword] }
        guard let text = String(validating: value, as: UTF8.self) else { throw PGError.notUTF8(keyword) }
        return text
    }

    /// The connection string that dials one endpoint, or libpq's own choice, with these replacements.
    ///
    /// - Throws: ``PGError`` with the code `invalidParameter` for a NUL, or `unsupportedEncoding`.
    func conninfo(dialing endpoint: PGEndpoint?, replacing replacements: [Parameter]) throws(PGError) -> [UInt8] {
        try checkEncoding()
        var chosen = replacements + [Parameter("client_encoding", "UTF8".utf8)]
        if let endpoint {
            chosen += [
                Parameter("host", endpoint.host.utf8), Parameter("hostaddr", endpoint.address.utf8),
                Parameter("port", endpoint.port.utf8),
            ]
        }
        let replaced = chosen.map(\.keyword) + (endpoint == nil ? [] : Self.ofWalk)
        let others = parameters.filter { parameter in !replaced.contains { $0.isBytewiseEqual(to: parameter.keyword) } }
        return try Self.serialized(others + chosen)
    }

    /// Refuses another encoding than UTF-8, in which Swift's text could not be exchanged.
    private func checkEncoding() throws(PGError) {
        guard let value = value("client_encoding"), !value.isEmpty, value != Array("auto".utf8) else { return }
        let encoding = (value + [0]).withUnsafeBytes { pg_char_to_encoding($0.bindMemory(to: CChar.self).baseAddress) }
        guard encoding == Handle.utf8 else { throw PGError.otherEncoding }
    }

    /// Returns a keyword/value string as libpq's own tools write it: quoted, with `\` before `\` and `'`.
    private static func serialized(_ parameters: [Parameter]) throws(PGError) -> [UInt8] {
        var text: [UInt8] = []
        for parameter in parameters {
            guard !parameter.value.contains(0), parameter.keyword.utf8.allSatisfy({ $0 &- 0x21 < 0x5E && $0 != 0x3D })
            else { throw PGError.notRepresentable(parameter.keyword) }
            text += parameter.keyword.utf8
            text += "='".utf8
            for byte in parameter.value {
                if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
                text.append(byte)
            }
            text += "' ".utf8
        }
        return text
    }

    /// The defaults of some keywords that libpq finds in the environment and in the service that `PGSERVICE` names
    /// (`PQconndefaults`).
    static func defaults(of keywords: [String]) -> [String: String] {
        guard let options = PQconndefaults() else { return [:] }
        defer { PQconninfoFree(options) }
        var defaults: [String: String] = [:]
        for option in sequence(first: options, next: { $0 + 1 }).prefix(while: { $0.pointee.keyword != nil }) {
            guard let keyword = option.pointee.keyword, let value = option.pointee.val,
                let name = keywords.first(where: { strcmp($0, keyword) == 0 })
            else { continue }
            defaults[name] = String(validatingCString: value)
        }
        return defaults
    }
}

extension PGError {
    fileprivate static func notUTF8(_ keyword: String) -> PGError {
        PGError(.invalidParameter, "The value of \(keyword) is not UTF-8. Write it in UTF-8.")
    }

    fileprivate static func notRepresentable(_ keyword: String) -> PGError {
        PGError(
            .invalidParameter,
            "The parameter \(String(reflecting: keyword)) is no keyword of libpq's, or its value contains a NUL."
        )
    }

    static let otherEncoding = PGError(
        .unsupportedEncoding,
        "Text is exchanged in UTF-8, but client_encoding names another encoding. Leave it out, or set it to UTF8."
    )
}
