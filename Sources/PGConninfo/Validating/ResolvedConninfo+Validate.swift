extension ResolvedConninfo {
    /// Makes the checks that libpq makes before it connects, in libpq's order (`connectOptions2`), as a libpq with
    /// OpenSSL and GSSAPI makes them.
    ///
    /// Ports are not among them: see ``Conninfo/Endpoint/port()``.
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
    }

    /// A value that is set must be one of these: an empty one is not.
    private func check(_ keyword: Conninfo.Keyword, _ allowed: [StaticString]) throws(ConninfoError) {
        guard let value = parameters.bytes(of: keyword) else { return }
        for candidate in allowed where candidate.equals(value.span) { return }
        throw .invalidValue(keyword, value)
    }

    private func checkNegotiation() throws(ConninfoError) {
        try check(.sslnegotiation, ["postgres", "direct"])
        let mode = parameters.bytes(of: .sslmode) ?? []
        guard self[.sslnegotiation] == "direct", mode.first != UInt8(ascii: "r"), mode.first != UInt8(ascii: "v") else {
            return
        }
        let hint = "sslnegotiation=direct (use \"require\", \"verify-ca\", or \"verify-full\")"
        throw .weakMode(mode, "may not be used with \(hint)")
    }

    private func checkSystemRoots() throws(ConninfoError) {
        guard parameters.dialect >= .v16, self[.sslrootcert] == "system", self[.sslmode] != "verify-full" else {
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
        throw ConninfoError(.conflictingValues, keyword: "ssl_min_protocol_version", message: message)
    }

    /// The rank of a TLS version; nil if it is unset or empty, which is no limit.
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
        let lowest = self[.minProtocolVersion] ?? "3.0"
        guard lowest != "3.0", self[.maxProtocolVersion] == "3.0" else { return }
        let text = "\"min_protocol_version\" is greater than \"max_protocol_version\""
        throw ConninfoError(
            .conflictingValues,
            keyword: "min_protocol_version",
            message: LibpqMessage.plain(text)
        )
    }
}

extension ConninfoError {
    static func invalidValue(_ keyword: Conninfo.Keyword, _ value: [UInt8], isQuoted: Bool = false) -> ConninfoError {
        let name = isQuoted ? "\"\(keyword)\"" : keyword.name
        let message = LibpqMessage.quoting(value, "invalid \(name) value: ")
        return ConninfoError(.invalidValue, keyword: keyword.name, message: message)
    }

    fileprivate static func weakMode(_ mode: [UInt8], _ reason: String) -> ConninfoError {
        let message = LibpqMessage.quoting(mode, "weak sslmode ", " \(reason)")
        return ConninfoError(.conflictingValues, keyword: "sslmode", message: message)
    }
}
