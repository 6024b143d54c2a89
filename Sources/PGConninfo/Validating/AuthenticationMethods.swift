/// The list `require_auth`: methods, or methods each with a `!` before it.
enum AuthenticationMethods {
    static func check(_ list: [UInt8], dialect: Conninfo.Dialect) throws(ConninfoError) {
        var seen: Set<ArraySlice<UInt8>> = []
        let parts = list.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        let isNegative = parts.first?.first == UInt8(ascii: "!")
        for part in parts {
            try checkSign(part, isNegative: isNegative)
            let method = isNegative ? part.dropFirst() : part
            guard names(in: dialect).contains(where: { $0.utf8.elementsEqual(method) }) else {
                throw .invalidValue(.requireAuth, Array(method))
            }
            guard seen.insert(method).inserted else { throw refusal(part, "is specified more than once") }
        }
    }

    private static func names(in dialect: Conninfo.Dialect) -> [String] {
        ["password", "md5", "gss", "sspi", "scram-sha-256", "none"] + (dialect >= .v18 ? ["oauth"] : [])
    }

    private static func checkSign(_ part: ArraySlice<UInt8>, isNegative: Bool) throws(ConninfoError) {
        switch (part.first == UInt8(ascii: "!"), isNegative) {
        case (true, false): throw refusal(part, "cannot be mixed with non-negative methods", "negative ")
        case (false, true): throw refusal(part, "cannot be mixed with negative methods")
        default: return
        }
    }

    private static func refusal(_ part: ArraySlice<UInt8>, _ reason: String, _ before: String = "") -> ConninfoError {
        let message = LibpqMessage.quoting(part, "\(before)require_auth method ", " \(reason)")
        return ConninfoError(.conflictingValues, keyword: "require_auth", message: message)
    }
}
