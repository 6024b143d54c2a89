import RDSIAMBasics

/// A host as tokens name it: in ASCII lowercase and without a final dot, split into labels.
///
/// Only the letters A to Z are lowercased: by Unicode's rules the Kelvin sign would become a `k`, and so another host.
package struct HostName {
    /// The name.
    package let text: String
    /// The labels from left to right.
    package let labels: [String]

    /// What AWS's partitions call themselves in DNS, for IPv4 and for both protocols.
    static let awsSuffixes = [
        "amazonaws.com", "api.aws", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "amazonaws.eu",
        "api.amazonwebservices.eu", "c2s.ic.gov", "api.aws.ic.gov", "sc2s.sgov.gov", "api.aws.scloud",
        "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "csp.hci.ic.gov", "api.aws.hci.ic.gov",
    ]

    package init(_ host: String) {
        let lowercased = host.asciiLowercased()
        text = lowercased.hasByteSuffix(".") ? String(decoding: lowercased.utf8.dropLast(), as: UTF8.self) : lowercased
        labels = text.splitBytes(separator: ".", omittingEmptySubsequences: false)
    }

    /// Returns the labels before a suffix such as `amazonaws.com`, or `nil` if the name does not end in it.
    func labels(before suffix: String) -> ArraySlice<String>? {
        let end = suffix.splitBytes(separator: ".")
        guard labels.count > end.count,
            labels.suffix(end.count).elementsEqual(end, by: { $0.isBytewiseEqual(to: $1) })
        else { return nil }
        return labels.dropLast(end.count)
    }

    /// The name and the port, if this is both, as a token begins with them.
    var hostAndPort: (host: String, port: String)? {
        let parts = text.splitBytes(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, HostName(parts[0]).obstacle == nil,
            parts[1].utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
        else { return nil }
        return (parts[0], parts[1])
    }

    /// What kind of address this is instead of the name of an endpoint, or `nil` if it may be one.
    package var obstacle: String? {
        if text.isEmpty || text.hasBytePrefix("/") || text.hasBytePrefix("@") { return "the path of a local socket" }
        if isIPv6Address || isIPv4Address { return "an IP address" }
        if text.containsBytes(":") { return "a name or an address with a port" }
        return isLoopback ? "a loopback name" : nil
    }

    /// Whether the last label is a number, which no domain is (WHATWG URL Standard, "ends in a number").
    private var isIPv4Address: Bool {
        guard let last = labels.last else { return false }
        if last.hasBytePrefix("0x") { return last.utf8.dropFirst(2).allSatisfy { Hexadecimal.value(of: $0) != nil } }
        return !last.isEmpty && last.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }

    /// Whether it is digits and colons, in brackets or not, perhaps with a zone (RFC 4291 §2.2, RFC 4007 §11).
    ///
    /// Not whether the address is well-formed: it is refused in any case.
    private var isIPv6Address: Bool {
        let address = text.hasBytePrefix("[") ? Array(text.utf8.dropFirst()) : Array(text.utf8)
        let digits = address.prefix { Hexadecimal.value(of: $0) != nil || $0 == UInt8(ascii: ":") }
        guard digits.count(where: { $0 == UInt8(ascii: ":") }) > 1 else { return false }
        return address.dropFirst(digits.count).first.map { Array(".%]".utf8).contains($0) } ?? true
    }

    /// Whether it is a name of this machine, such as `localhost`.
    package var isLoopback: Bool {
        Self.loopbackNames.contains { text.isBytewiseEqual(to: $0) } || text.hasByteSuffix(".localhost")
    }

    private static let loopbackNames = [
        "localhost", "localhost6", "ip6-localhost", "ip6-loopback", "localhost.localdomain", "localhost6.localdomain6",
    ]
}
