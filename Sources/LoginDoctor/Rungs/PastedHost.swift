import AWSGenerators
import AuthTokens
import RDSIAMBasics

/// A host that holds more than a name, as if it were copied from somewhere: a port, the rest of a URL, a space.
struct PastedHost {
    /// What is wrong with it, such as `holds a port`.
    let fault: String
    /// The name alone, or `nil` if it cannot be told from the rest.
    let host: String?
    /// The port in it.
    let port: String?

    /// Reads a host, or returns `nil` if nothing is wrong with its form.
    init?(_ text: String) {
        var faults: [String] = []
        var rest = text.trimmingBlanks
        if let scheme = rest.firstRange(of: "://") {
            faults.append("is a URL")
            rest = String(rest[scheme.upperBound...])
        }
        let blanks = text.unicodeScalars.filter(\.isBlank)
        if !blanks.isEmpty {
            faults.append(blanks.allSatisfy { $0 == " " } ? "holds a space" : "holds a character that cannot be seen")
        }
        let path = rest.splitBytes(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if path.count == 2 { faults.append("holds a slash") }
        let user = path[0].splitBytes(separator: "@", omittingEmptySubsequences: false)
        if user.count > 1 { faults.append("holds a user") }
        let name = NameAndPort(user[user.count - 1])
        if let port = name.port { faults.append(UInt16(port) == nil ? "holds a colon" : "holds a port") }
        guard let fault = faults.first else { return nil }
        self.fault = fault
        host = name.host.isEmpty || name.host.unicodeScalars.contains(where: \.isBlank) ? nil : name.host
        port = name.port.flatMap { UInt16($0) == nil ? nil : $0 }
    }
}

/// A name, or an IPv6 address in brackets, and what stands behind its colon.
private struct NameAndPort {
    let host: String
    let port: String?

    init(_ text: String) {
        let brackets = text.hasBytePrefix("[") ? text.splitBytes(separator: "]", maxSplits: 1) : []
        if brackets.count == 2, brackets[1].hasBytePrefix(":") {
            host = String(decoding: brackets[0].utf8.dropFirst(), as: UTF8.self)
            port = String(decoding: brackets[1].utf8.dropFirst(), as: UTF8.self)
            return
        }
        // More colons are those of an address.
        let parts = text.splitBytes(separator: ":", omittingEmptySubsequences: false)
        (host, port) = parts.count == 2 ? (parts[0], parts[1]) : (text, nil)
    }
}

extension String {
    /// The text without blanks at its ends.
    fileprivate var trimmingBlanks: String {
        let scalars = unicodeScalars.drop(while: \.isBlank)
        guard let last = scalars.lastIndex(where: { !$0.isBlank }) else { return "" }
        return String(scalars[...last])
    }
}

extension Unicode.Scalar {
    /// Whether it cannot be seen: a space of any kind, a control, or a mark such as a byte order mark.
    fileprivate var isBlank: Bool {
        properties.isWhitespace || [.control, .format].contains(properties.generalCategory)
    }
}

extension Findings {
    /// Adds the cause for a host, or a signing host, that holds more than a name.
    ///
    /// - Returns: What is wrong, or `nil` if nothing is.
    mutating func addPastedHost() -> String? {
        // Without AWS, and with an address to dial, the name may be anything.
        guard let request, caller != nil || server?.address == nil else { return nil }
        let texts = [("host", "port", request.host), (AWSKeyword.host, AWSKeyword.port, parameter(AWSKeyword.host))]
        for (keyword, portKeyword, text) in texts {
            guard let text, let pasted = PastedHost(text) else { continue }
            var changes: [String: String?] = [:]
            if let host = pasted.host { changes[keyword] = host }
            if pasted.host != nil, let port = pasted.port { changes[portKeyword] = port }
            let shown = text.withoutUserOfURL
            let subject = keyword == "host" ? "The host" : "The value of \(keyword),"
            let remedy = changes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value ?? "")" }
            add(
                Cause(
                    "malformedHost",
                    "\(subject) \"\(shown)\" \(pasted.fault).",
                    advice: remedy.isEmpty
                        ? "Write the endpoint's name alone." : "Set \(remedy.joined(separator: " and ")).",
                    command: remedy.isEmpty || servers.count > 1 ? nil : command("doctor", changes)
                )
            )
            return "\(shown) \(pasted.fault)"
        }
        return nil
    }
}

extension String {
    /// The text without what stands before an `@`, which in a URL may hold a password.
    var withoutUserOfURL: String {
        let parts = splitBytes(separator: "@", omittingEmptySubsequences: false)
        return parts.count > 1 && !parts[0].isEmpty ? "***@\(parts[parts.count - 1])" : self
    }
}
