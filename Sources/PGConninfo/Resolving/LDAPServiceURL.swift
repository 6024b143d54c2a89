/// A line of a service file that says the service is defined in LDAP.
///
/// LDAP is not supported here. A line that libpq would follow is refused without a message of libpq's; one that libpq
/// would refuse gets libpq's message (`ldapServiceLookup`).
enum LDAPServiceURL {
    private static let scheme = Array("ldap://".utf8)
    private static let scopes = ["base", "one", "sub"].map { Array($0.utf8)[...] }

    static func refusal(of line: ArraySlice<UInt8>, line number: Int) -> ConninfoError {
        guard let fault = fault(in: line) else {
            return ConninfoError(.ldapService, keyword: "service", line: number)
        }
        let message = LibpqMessage.quoting(line, "invalid LDAP URL ", ": \(fault)")
        return ConninfoError(.ldapService, keyword: "service", line: number, libpqMessage: message)
    }

    /// Returns the first fault in `ldap://host:port/dn?attribute?scope?filter`, in libpq's order.
    private static func fault(in url: ArraySlice<UInt8>) -> String? {
        guard url.starts(with: scheme) else { return "scheme must be ldap://" }
        let (host, path) = url.dropFirst(scheme.count).split(at: "/")
        guard let (name, afterName) = path?.split(at: "?"), !name.isEmpty else { return "missing distinguished name" }
        guard let (attribute, afterAttribute) = afterName?.split(at: "?"), !attribute.isEmpty else {
            return "must have exactly one attribute"
        }
        let needsScope = "must have search scope (base/one/sub)"
        guard let (scope, filter) = afterAttribute?.split(at: "?"), !scope.isEmpty else { return needsScope }
        guard let filter, let first = filter.first, first != UInt8(ascii: "?") else { return "no filter" }
        if let port = host.split(at: ":").rest, !isPort(port) { return "invalid port number" }
        if attribute.contains(UInt8(ascii: ",")) { return "must have exactly one attribute" }
        return scopes.contains(scope) ? nil : needsScope
    }

    private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
        let digits = Array(text)
        return IntegerParameter.parsePrefix(digits).map { $0.end == digits.count && (0...65535).contains($0.value) }
            ?? false
    }
}

extension ArraySlice<UInt8> {
    /// What comes before the first separator, and what comes after it if there is one.
    fileprivate func split(at separator: Unicode.Scalar) -> (first: ArraySlice, rest: ArraySlice?) {
        guard let index = firstIndex(of: UInt8(ascii: separator)) else { return (self, nil) }
        return (self[..<index], self[(index + 1)...])
    }
}
