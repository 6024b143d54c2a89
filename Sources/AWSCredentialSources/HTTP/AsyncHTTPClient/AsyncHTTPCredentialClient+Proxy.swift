#if AsyncHTTPClient

import RDSIAMBasics

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
    public static func == (left: Self, right: Self) -> Bool { left.parts == right.parts && left.port == right.port }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(parts)
        hasher.combine(port)
    }

    private var parts: [ByteText?] { [ByteText(host), user.byteText, password.byteText] }
}

extension AsyncHTTPCredentialClient.Proxy: CustomStringConvertible, CustomReflectable {
    /// Host and port.
    public var description: String { "\(host):\(port)" }

    /// A mirror without the password.
    public var customMirror: Mirror { Mirror(self, children: ["host": host, "port": port, "user": user as Any]) }
}

#endif
