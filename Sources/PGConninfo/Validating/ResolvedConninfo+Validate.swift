extension ResolvedConninfo {
    /// Makes the checks of a libpq with OpenSSL and GSSAPI before it connects, in libpq's order (`connectOptions2`).
    ///
    /// `connect_timeout`, the `keepalives` settings and `tcp_user_timeout` come last: libpq checks them while it
    /// connects, and would refuse every endpoint. Ports are not checked: see ``Conninfo/Endpoint/port()``.
    /// - Throws: ``ConninfoError`` for the first check that fails. The same parameters fail again.
    public func validate() throws(ConninfoError) {
        _ = try endpoints()
        guard nonEmpty(.user) != nil else { throw ConninfoError(.noUser, keyword: "user") }
        if let methods = nonEmpty(.requireAuth) {
            try AuthenticationMethods.check(methods, dialect: parameters.dialect)
        }
        try check(.channelBinding, ["disable", "prefer", "require"])
        try check(.sslmode, ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])
        try checkNegotiation()
        try checkSystemRoots()
        try checkTLSVersions()
        try check(.sslcertmode, ["disable", "allow", "require"])
        try check(.gssencmode, ["disable", "prefer", "require"])
        try check(
            .targetSessionAttrs,
            ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]
        )
        try SCRAMKey.check(parameters)
        try check(.loadBalanceHosts, ["disable", "random"])
        try checkProtocolVersions()
        try checkIntegers()
    }

    /// Checks that a value is one of these if it is set.
    ///
    /// An empty value is not.
    private func check(_ keyword: Conninfo.Keyword, _ allowed: [StaticString]) throws(ConninfoError) {
        guard let value = parameters.bytes(of: keyword) else { return }
        for candidate in allowed where candidate.equals(value.span) { return }
        throw .invalidValue(keyword, value)
    }

    private func checkNegotiation() throws(ConninfoError) {
        try check(.sslnegotiation, ["postgres", "direct"])
        let mode = parameters.bytes(of: .sslmode) ?? []
        guard isSet(.sslnegotiation, to: "direct"), mode.first != UInt8(ascii: "r"), mode.first != UInt8(ascii: "v")
        else {
            return
        }
        let hint = "sslnegotiation=direct (use \"require\", \"verify-ca\", or \"verify-full\")"
        throw .weakMode(mode, "may not be used with \(hint)")
    }

    private func checkSystemRoots() throws(ConninfoError) {
        guard parameters.dialect >= .v16, isSet(.sslrootcert, to: "system"), !isSet(.sslmode, to: "verify-full") else {
            return
        }
        let mode = parameters.bytes(of: .sslmode) ?? []
        throw .weakMode(mode, "may not be used with sslrootcert=system (use \"verify-full\")")
    }

    private func checkTLSVersions() throws(ConninfoError) {
        let lowest = try tlsVersion(.sslMinProtocolVersion)
        let highest = try tlsVersion(.sslMaxProtocolVersion)
        guard let lowest, let highest, lowest > highest else { return }
        let message = LibpqMessage.plain("invalid SSL protocol version range")
        throw ConninfoError(.conflictingValues, keyword: "ssl_min_protocol_version", libpqMessage: message)
    }

    /// Returns the rank of a TLS version, or `nil` if it is unset or empty, which is no limit.
    private func tlsVersion(_ keyword: Conninfo.Keyword) throws(ConninfoError) -> Int? {
        guard let value = nonEmpty(keyword) else { return nil }
        let lowercased = value.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
        let known = ["tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"].firstIndex { $0.utf8.elementsEqual(lowercased) }
        guard let known else { throw .invalidValue(keyword, value, isQuoted: parameters.dialect >= .v17) }
        return known
    }

    private func checkProtocolVersions() throws(ConninfoError) {
        try check(.minProtocolVersion, ["3.0", "3.2", "latest"])
        try check(.maxProtocolVersion, ["3.0", "3.2", "latest"])
        guard parameters.contains(.minProtocolVersion), !isSet(.minProtocolVersion, to: "3.0"),
            isSet(.maxProtocolVersion, to: "3.0")
        else { return }
        let text = "\"min_protocol_version\" is greater than \"max_protocol_version\""
        throw ConninfoError(
            .conflictingValues,
            keyword: "min_protocol_version",
            libpqMessage: LibpqMessage.plain(text)
        )
    }
}

extension ConninfoError {
    static func invalidValue(_ keyword: Conninfo.Keyword, _ value: [UInt8], isQuoted: Bool = false) -> ConninfoError {
        let name = isQuoted ? "\"\(keyword)\"" : keyword.name
        let message = LibpqMessage.quoting(value, "invalid \(name) value: ")
        return ConninfoError(.invalidValue, keyword: keyword.name, libpqMessage: message)
    }

    fileprivate static func weakMode(_ mode: [UInt8], _ reason: String) -> ConninfoError {
        let message = LibpqMessage.quoting(mode, "weak sslmode ", " \(reason)")
        return ConninfoError(.conflictingValues, keyword: "sslmode", libpqMessage: message)
    }
}

/// The list `require_auth`: either methods, or methods with a `!` before each.
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
        return ConninfoError(.conflictingValues, keyword: "require_auth", libpqMessage: message)
    }
}

/// The SCRAM keys of libpq 18 and later: 32 bytes in base64.
enum SCRAMKey {
    private static let length = 32

    static func check(_ parameters: Conninfo) throws(ConninfoError) {
        try check(parameters, .scramClientKey, "SCRAM client key")
        try check(parameters, .scramServerKey, "SCRAM server key")
    }

    private static func check(
        _ parameters: Conninfo,
        _ keyword: Conninfo.Keyword,
        _ name: String
    ) throws(ConninfoError) {
        guard let key = parameters.bytes(of: keyword) else { return }
        let count = decodedCount(key)
        guard count != length else { return }
        let text = count.map { "invalid \(name) length: \($0)" } ?? "invalid \(name)"
        throw ConninfoError(.invalidValue, keyword: keyword.name, libpqMessage: LibpqMessage.plain(text))
    }

    /// Returns how many bytes the text decodes to (`pg_b64_decode`), or `nil` if it is no base64.
    private static func decodedCount(_ text: [UInt8]) -> Int? {
        var count = 0
        var bytesPerGroup = 3
        for (position, byte) in text.enumerated() {
            if byte == UInt8(ascii: "="), bytesPerGroup == 3 {
                guard position % 4 >= 2 else { return nil }
                bytesPerGroup = position % 4 - 1
            }
            guard byte.isBase64Digit || byte == UInt8(ascii: "=") else { return nil }
            if position % 4 == 3 { count += bytesPerGroup }
        }
        return text.count % 4 == 0 ? count : nil
    }
}

extension UInt8 {
    fileprivate var isBase64Digit: Bool { isAlphanumeric || self == UInt8(ascii: "+") || self == UInt8(ascii: "/") }
}
