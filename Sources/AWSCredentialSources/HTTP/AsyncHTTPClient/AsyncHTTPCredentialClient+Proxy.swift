#if AsyncHTTPClient

extension AsyncHTTPCredentialClient {
    /// An HTTP proxy that tunnels (`CONNECT`).
    public struct Proxy: Sendable, Hashable {
        /// The proxy's host.
        public var host: String
        /// The proxy's port.
        public var port: Int
        /// Who uses the proxy, where it wants to know.
        public var user: String?
        /// The user's password.
        public var password: String?

        /// Creates a proxy.
        ///
        /// - Parameters:
        ///   - host: The proxy's host.
        ///   - port: The proxy's port.
        ///   - user: Who uses the proxy; nil where it does not ask.
        ///   - password: The user's password.
        public init(host: String, port: Int, user: String? = nil, password: String? = nil) {
            self.host = host
            self.port = port
            self.user = user
            self.password = password
        }
    }
}

extension AsyncHTTPCredentialClient.Proxy {
    /// Reads `[http://][user[:password]@]host[:port]`; nil where it is anything else, such as a proxy that is spoken to in TLS.
    init?(_ text: String) {
        let hasScheme = text.contains("://")
        guard !hasScheme || text.lowercased().hasPrefix("http://") else { return nil }
        let rest = hasScheme ? text.dropFirst(7) : text[...]
        let authority = rest.prefix { $0 != "/" }
        let end = authority.lastIndex(of: "@")
        let place = end.map { authority[authority.index(after: $0)...] } ?? authority
        guard let url = HTTPURL("http://\(place)") else { return nil }
        self.init(host: url.host, port: url.port ?? 80)
        guard let end else { return }
        let parts = authority[..<end].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        user = parts.first.map(Self.decoded)
        password = parts.count > 1 ? Self.decoded(parts[1]) : nil
    }

    /// The text with its percent signs resolved (RFC 3986 §2.1).
    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let code = UInt8(String(Substring(rest.prefix(2))), radix: 16) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension AsyncHTTPCredentialClient.Proxy: CustomStringConvertible, CustomReflectable {
    /// Host and port.
    public var description: String { "\(host):\(port)" }

    /// A mirror without the password.
    public var customMirror: Mirror { Mirror(self, children: ["host": host, "port": port, "user": user as Any]) }
}

#endif
