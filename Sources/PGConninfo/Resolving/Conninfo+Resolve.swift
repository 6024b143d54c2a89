extension Conninfo {
    /// Fills in what a connection would use for every parameter that is unset.
    ///
    /// In libpq's order of priority (`conninfo_add_defaults`): the connection string, the service file, environment
    /// variables, compiled-in defaults, the operating-system user. A value that is set but empty counts as set. The
    /// database is then named as the user, and the password file is `~/.pgpass`, where neither says otherwise.
    /// - Parameters:
    ///   - environment: where to look: ``ConninfoEnvironment/process`` for this process.
    ///   - ownDefaults: keywords for which the caller has a default of its own: they stay unset where libpq would take the one
    ///     compiled in.
    /// - Throws: ``ConninfoError`` for a service that is asked for and cannot be read. Retry once the file is mended.
    public func resolve(
        in environment: ConninfoEnvironment,
        leavingUnset ownDefaults: Keyword...
    ) throws(ConninfoError) -> ResolvedConninfo {
        var parameters = self
        try ServiceLookup(environment: environment).apply(to: &parameters)
        parameters.addDefaults(from: environment, except: ownDefaults)
        parameters.addDerivedDefaults(from: environment)
        return ResolvedConninfo(parameters: parameters, environment: environment)
    }

    private mutating func addDefaults(from environment: ConninfoEnvironment, except ownDefaults: [Keyword]) {
        for (name, value) in environment.variables {
            guard let code = KeywordDefaults.codesByVariable[name], code.since <= dialect.majorVersion else { continue }
            setDefault(code, value[...])
        }
        if environment.variables["PGREQUIRESSL"]?.first == UInt8(ascii: "1") {
            setDefault(.sslmode, Array("require".utf8)[...])
        }
        if dialect >= .v16, self[.sslrootcert] == "system" {
            setDefault(.sslmode, Array("verify-full".utf8)[...])
        }
        addCompiledDefaults(except: ownDefaults)
        // Looked up only where it is needed: the password database may be far away.
        if !contains(.user), let userName = environment.userName { setDefault(.user, userName[...]) }
    }

    private mutating func addCompiledDefaults(except ownDefaults: [Keyword]) {
        let compiled = KeywordDefaults.compiled
        let start = store.append(compiled.bytes, slots: compiled.ranges.count)
        for (code, range) in compiled.ranges where code.since <= dialect.majorVersion {
            guard store.range(of: .init(code)) == nil, !ownDefaults.contains(Keyword(code)) else { continue }
            store.assign(.init(code), start + range.lowerBound..<start + range.upperBound)
        }
    }

    /// What `connectOptions2` in libpq derives from other parameters; here empty counts as unset.
    private mutating func addDerivedDefaults(from environment: ConninfoEnvironment) {
        if isEmpty(.user), let userName = environment.userName { setIfEmpty(.user, userName) }
        if let user = bytes(of: .user) { setIfEmpty(.dbname, user) }
        guard isEmpty(.password), let home = environment.homeDirectory else { return }
        setIfEmpty(.passfile, home + "/.pgpass".utf8)
    }

    private mutating func setIfEmpty(_ code: KeywordCode, _ value: [UInt8]) {
        guard isEmpty(code), !value.isEmpty else { return }
        store.assign(.init(code), appending: value)
    }

    private func isEmpty(_ code: KeywordCode) -> Bool {
        store.range(of: .init(code))?.isEmpty ?? true
    }

    mutating func setDefault(_ code: KeywordCode, _ value: ArraySlice<UInt8>) {
        guard store.range(of: .init(code)) == nil else { return }
        store.assign(.init(code), appending: value)
    }
}
