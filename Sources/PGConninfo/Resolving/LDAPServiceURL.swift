/// A line of a service file that asks LDAP for the service.
///
/// LDAP is not spoken here: a line that libpq would follow is refused without a message of libpq's, one that libpq
/// would refuse gets libpq's message (`ldapServiceLookup`).
enum LDAPServiceURL {
    static func refusal(of line: ArraySlice<UInt8>, line number: Int) -> ConninfoError {
        guard let fault = fault(in: String(decoding: line, as: UTF8.self)) else {
            return ConninfoError(.ldapService, keyword: "service", line: number)
        }
        let message = LibpqMessage.quoting(line, "invalid LDAP URL ", ": \(fault)")
        return ConninfoError(.ldapService, keyword: "service", line: number, message: message)
    }

    /// The first thing wrong with `ldap://host:port/dn?attribute?scope?filter`, in libpq's order.
    private static func fault(in url: String) -> String? {
        let scheme = "ldap://"
        guard url.utf8.prefix(scheme.utf8.count).elementsEqual(scheme.utf8) else { return "scheme must be ldap://" }
        let rest = Substring(url.utf8.dropFirst(scheme.utf8.count))
        let (host, path) = rest.split(at: "/")
        guard let (name, afterName) = path.map({ $0.split(at: "?") }), !name.isEmpty else {
            return "missing distinguished name"
        }
        guard let (attribute, afterAttribute) = afterName.map({ $0.split(at: "?") }), !attribute.isEmpty else {
            return "must have exactly one attribute"
        }
        let needsScope = "must have search scope (base/one/sub)"
        guard let (scope, filter) = afterAttribute.map({ $0.split(at: "?") }), !scope.isEmpty else { return needsScope }
        guard let filter, !filter.isEmpty, !filter.hasPrefix("?") else { return "no filter" }
        if let port = host.split(at: ":").rest, !isPort(port) { return "invalid port number" }
        if attribute.utf8.contains(UInt8(ascii: ",")) { return "must have exactly one attribute" }
        return ["base", "one", "sub"].contains(scope) ? nil : needsScope
    }

    private static func isPort(_ text: Substring) -> Bool {
        Decimal.parse(Array(text.utf8)).map { $0.end == text.utf8.count && (0...65535).contains($0.value) } ?? false
    }
}

extension Substring {
    /// What comes before the first separator, and what comes after it if there is one.
    fileprivate func split(at separator: Unicode.Scalar) -> (first: Substring, rest: Substring?) {
        guard let index = unicodeScalars.firstIndex(of: separator) else { return (self, nil) }
        return (self[..<index], self[unicodeScalars.index(after: index)...])
    }
}
