import RDSIAMBasics
import RDSIAMSystem

/// The parts of an `http` or `https` URL, as strictly as a credential endpoint deserves.
struct HTTPURL: Sendable, Hashable {
    var isSecure: Bool
    /// The host without the brackets of an IPv6 address.
    var host: String
    var port: Int?
    /// Path and query; empty or beginning with `/` or `?`.
    var target: String

    /// Parses a URL; `nil` if it has user information, blanks, control characters, a fragment or a scheme other than
    /// these two.
    init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.contains("#") else { return nil }
        let lowered = text.asciiLowercased()
        guard let scheme = ["https://", "http://"].first(where: lowered.hasBytePrefix) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let (host, port) = Self.divide(authority) else { return nil }
        self.isSecure = scheme == "https://"
        self.host = host
        self.port = port
        self.target = String(rest.dropFirst(authority.count))
    }

    /// Host and port as they stand in a URL and in the `Host` header.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port.map { "\(name):\($0)" } ?? name
    }

    /// The whole URL.
    var text: String { "\(isSecure ? "https" : "http")://\(authority)\(target)" }

    /// The URL of something below this one.
    func appending(_ path: String) -> String {
        (text.hasByteSuffix("/") ? String(text.dropLast()) : text) + path
    }

    private static func divide(_ authority: Substring) -> (host: String, port: Int?)? {
        guard !authority.contains("@") else { return nil }
        let host: Substring
        let rest: Substring
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            guard IPAddress(String(host)) != nil else { return nil }
            rest = authority[authority.index(after: end)...]
        } else {
            host = authority.prefix { $0 != ":" }
            rest = authority.dropFirst(host.count)
        }
        guard !host.isEmpty, !host.contains(where: { "[]\\%".contains($0) }) else { return nil }
        guard !rest.isEmpty else { return (String(host), nil) }
        guard let port = Int(rest.dropFirst()), rest.first == ":", 1...65_535 ~= port else { return nil }
        return (String(host), port)
    }
}

extension HTTPURL {
    /// Whether a proxy may stand between: not for this machine and its link, which a proxy cannot reach or must not
    /// see.
    var mayUseProxy: Bool {
        let name = host.asciiLowercased()
        guard name != "localhost", !name.hasByteSuffix(".localhost") else { return false }
        guard let address = IPAddress(host) else { return true }
        return !address.isLoopback && !address.isLinkLocal
    }
}

/// A numeric address of either family.
struct IPAddress: Sendable, Hashable {
    private var bytes: [UInt8]

    /// Parses a numeric address, or returns `nil` if the text is anything else, a name included.
    init?(_ text: String) {
        // The C function would stop at a NUL.
        guard !text.utf8.contains(0) else { return nil }
        var four = [UInt8](repeating: 0, count: 4)
        var sixteen = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = four
        } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
            bytes = sixteen
        } else {
            return nil
        }
    }

    /// Whether so many first bits are the same; never across families.
    func shares(_ bits: Int, with other: IPAddress) -> Bool {
        guard bytes.count == other.bytes.count else { return false }
        return (0..<min(bits, bytes.count * 8)).allSatisfy { bit in
            (bytes[bit / 8] ^ other.bytes[bit / 8]) & (0x80 >> (bit % 8)) == 0
        }
    }

    /// 127.0.0.0/8 or ::1.
    var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// 169.254.0.0/16, fe80::/10, or the range of the AWS metadata endpoints, fd00:ec2::/32.
    var isLinkLocal: Bool {
        if bytes.count == 4 { return bytes[0] == 169 && bytes[1] == 254 }
        return bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 || bytes.starts(with: [0xFD, 0x00, 0x0E, 0xC2])
    }
}
