/// A host as tokens name it: in small letters and without a final dot, cut into labels.
package struct HostName {
    /// The name.
    package let text: String
    /// The labels from left to right.
    package let labels: [Substring]

    package init(_ host: String) {
        var host = host.lowercased()
        if host.utf8.last == UInt8(ascii: ".") { host.removeLast() }
        text = host
        labels = host.split(separator: ".", omittingEmptySubsequences: false)
    }

    /// The labels before a suffix such as `amazonaws.com`; nil where the name does not end in it.
    package func labels(before suffix: String) -> ArraySlice<Substring>? {
        let end = suffix.split(separator: ".")
        guard labels.count > end.count, labels.suffix(end.count).elementsEqual(end) else { return nil }
        return labels.dropLast(end.count)
    }

    /// What kind of address this is instead of an endpoint's name; nil where it may be one.
    var obstacle: String? {
        if text.isEmpty || text.hasPrefix("/") || text.hasPrefix("@") { return "the path of a local socket" }
        if text.contains(":") || isIPv4Address { return "an IP address" }
        return isLoopback ? "a loopback name" : nil
    }

    /// Whether the last label is a number, which no domain is (WHATWG URL Standard, "ends in a number").
    private var isIPv4Address: Bool {
        guard let last = labels.last else { return false }
        return Int(last) != nil || last.hasPrefix("0x") && Int(last.dropFirst(2), radix: 16) != nil
    }

    private var isLoopback: Bool {
        ["localhost", "localhost6", "ip6-localhost", "ip6-loopback"].contains(labels.first) && labels.count == 1
            || ["localhost.localdomain", "localhost6.localdomain6"].contains(text) || labels.last == "localhost"
    }
}
