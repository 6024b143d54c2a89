#if AsyncHTTPClient

import RDSIAMBasics

/// Which proxy stands before a URL, by the variables that most programs read: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`
/// and `NO_PROXY`, each in lowercase first.
///
/// `HTTP_PROXY` in capitals is not read if `REQUEST_METHOD` is set: there a client could choose it by a `Proxy`
/// header (CVE-2016-5385).
struct ProxyEnvironment: Sendable {
    private let secure: String?
    private let plain: String?
    private let exceptions: [NoProxyRule]

    init(_ environment: [String: String]) {
        func value(_ names: String...) -> String? {
            names.lazy.compactMap { environment.value($0)?.trimmed }.first { !$0.isEmpty }
        }
        let all = value("all_proxy", "ALL_PROXY")
        let isGateway = environment.value("REQUEST_METHOD") != nil
        secure = value("https_proxy", "HTTPS_PROXY") ?? all
        plain = (isGateway ? value("http_proxy") : value("http_proxy", "HTTP_PROXY")) ?? all
        exceptions = value("no_proxy", "NO_PROXY")?.splitBytes(separator: ",").compactMap { NoProxyRule($0) } ?? []
    }

    /// The proxy for a URL; `nil` if the way is direct.
    ///
    /// - Throws: ``CredentialHTTPError/Code/unusableProxy`` if the variable names something other than a proxy that is
    ///   spoken to in HTTP.
    func proxy(for text: String) throws -> AsyncHTTPCredentialClient.Proxy? {
        guard let url = HTTPURL(text), let setting = url.isSecure ? secure : plain else { return nil }
        guard !exceptions.contains(where: { $0.covers(url) }) else { return nil }
        guard let proxy = AsyncHTTPCredentialClient.Proxy(setting) else { throw CredentialHTTPError(.unusableProxy) }
        return proxy
    }
}

/// One entry of `NO_PROXY`: `*`, a domain with all below it, an address or a network, each but the last with or without
/// a port.
private struct NoProxyRule: Sendable {
    private enum Hosts: Sendable {
        case all
        case domain(String)
        case network(IPAddress, prefix: Int)
    }

    private let hosts: Hosts
    private let port: Int?

    init?(_ entry: String) {
        let entry = entry.trimmed.asciiLowercased()
        if entry == "*" {
            (hosts, port) = (.all, nil)
        } else if let (address, prefix) = Self.network(entry) {
            (hosts, port) = (.network(address, prefix: prefix), nil)
        } else if let address = IPAddress(entry) {
            (hosts, port) = (.network(address, prefix: 128), nil)
        } else {
            let bare = entry.utf8.dropFirst(entry.hasBytePrefix("*.") ? 2 : 0).drop { $0 == UInt8(ascii: ".") }
            guard let url = HTTPURL("http://" + String(decoding: bare, as: UTF8.self)) else { return nil }
            hosts = IPAddress(url.host).map { .network($0, prefix: 128) } ?? .domain(url.host)
            port = url.port
        }
    }

    func covers(_ url: HTTPURL) -> Bool {
        if let port, port != url.port ?? (url.isSecure ? 443 : 80) { return false }
        switch hosts {
        case .all: return true
        case .domain(let domain):
            let host = url.host.asciiLowercased()
            return host == domain || host.hasByteSuffix("." + domain)
        case .network(let network, let prefix):
            return IPAddress(url.host)?.shares(prefix, with: network) == true
        }
    }

    private static func network(_ entry: String) -> (IPAddress, prefix: Int)? {
        let parts = entry.splitBytes(separator: "/")
        guard parts.count == 2, let address = IPAddress(parts[0]) else { return nil }
        return Int(parts[1]).flatMap { $0 < 0 ? nil : (address, $0) }
    }
}

extension AsyncHTTPCredentialClient {
    /// An HTTP proxy that tunnels (`CONNECT`).
    struct Proxy: Sendable, Hashable {
        var host: String
        var port: Int
        var user: String?
        var password: String?
    }
}

extension AsyncHTTPCredentialClient.Proxy {
    /// Reads `[http://][user[:password]@]host[:port]`, or returns `nil` if it is anything else, such as a proxy that is
    /// spoken to in TLS.
    init?(_ text: String) {
        let scheme = "http://"
        let hasScheme = text.asciiLowercased().hasBytePrefix(scheme)
        guard hasScheme || !text.containsBytes("://") else { return nil }
        let authority = text.utf8.dropFirst(hasScheme ? scheme.utf8.count : 0).prefix { $0 != UInt8(ascii: "/") }
        let end = authority.lastIndex(of: UInt8(ascii: "@"))
        let host = end.map { authority[authority.index(after: $0)...] } ?? authority
        guard let url = HTTPURL(scheme + String(decoding: host, as: UTF8.self)) else { return nil }
        self.init(host: url.host, port: url.port ?? 80)
        guard let end else { return }
        let login = authority[..<end].split(
            separator: UInt8(ascii: ":"),
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        user = login.first.map(Self.decoded)
        password = login.count > 1 ? Self.decoded(login[1]) : nil
    }

    /// The text with its percent signs resolved (RFC 3986 §2.1); one that begins no escape stays.
    private static func decoded(_ text: Substring.UTF8View) -> String {
        let bytes = Array(text)
        var decoded: [UInt8] = []
        var position = 0
        while position < bytes.count {
            let byte = PercentEncoding.decodedByte(at: position, of: bytes)
            decoded.append(byte ?? bytes[position])
            position += byte == nil ? 1 : 3
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}

extension AsyncHTTPCredentialClient.Proxy {
    /// Returns whether two proxies agree byte by byte, so that no login is used in place of another.
    static func == (left: Self, right: Self) -> Bool { left.parts == right.parts && left.port == right.port }

    func hash(into hasher: inout Hasher) {
        hasher.combine(parts)
        hasher.combine(port)
    }

    private var parts: [ByteText?] { [ByteText(host), user.byteText, password.byteText] }
}

extension AsyncHTTPCredentialClient.Proxy: CustomStringConvertible, CustomReflectable {
    var description: String { "\(host):\(port)" }

    /// A mirror without the password.
    var customMirror: Mirror { Mirror(self, children: ["host": host, "port": port, "user": user as Any]) }
}

#endif
