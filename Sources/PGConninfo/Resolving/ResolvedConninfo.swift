import RDSIAMBasics

/// Connection parameters with all defaults filled in, as libpq has them just before it connects.
///
/// ``endpoints()`` returns where libpq would connect to; ``validate()`` throws if libpq would refuse to try.
public struct ResolvedConninfo: Sendable {
    /// The parameters, defaults included.
    ///
    /// Extension parameters have no defaults.
    public private(set) var parameters: Conninfo

    let environment: ConninfoEnvironment

    /// The value of a parameter as text, or `nil` if it is unset or is not UTF-8.
    public subscript(_ keyword: Conninfo.Keyword) -> String? { parameters[keyword] }

    /// Replaces what was found for a parameter.
    /// - Throws: ``ConninfoError`` for a keyword that libpq of this version does not have, and for a NUL byte.
    package mutating func set(_ keyword: Conninfo.Keyword, to value: String) throws(ConninfoError) {
        try parameters.set(keyword, to: value)
    }

    func nonEmpty(_ keyword: Conninfo.Keyword) -> [UInt8]? {
        parameters.bytes(of: keyword).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Returns whether the value consists of these bytes.
    func isSet(_ keyword: Conninfo.Keyword, to text: StaticString) -> Bool { parameters.isSet(keyword, to: text) }
}

extension Conninfo {
    /// Fills in what a connection would use for every parameter that is unset.
    ///
    /// libpq's order of priority applies (`conninfo_add_defaults`): the connection string, the service file,
    /// environment variables, compiled-in defaults, the operating-system user. A value that is set but empty counts as
    /// set. An unset database gets the name of the user, and an unset password file is `~/.pgpass`.
    /// - Parameters:
    ///   - environment: Where to look; ``ConninfoEnvironment/process`` is this process's environment.
    ///   - ownDefaults: Keywords for which the caller has its own default. They stay unset if libpq would take the
    ///     compiled-in default.
    /// - Throws: ``ConninfoError`` for a service that is asked for and cannot be read. The same files fail again.
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
            guard let code = KeywordDefaults.codesByVariable[ByteText(name)], code.since <= dialect.majorVersion
            else { continue }
            setDefault(code, value[...])
        }
        if environment.value(of: "PGREQUIRESSL")?.first == UInt8(ascii: "1") {
            setDefault(.sslmode, Array("require".utf8)[...])
        }
        if dialect >= .v16, isSet(.sslrootcert, to: "system") {
            setDefault(.sslmode, Array("verify-full".utf8)[...])
        }
        addCompiledDefaults(except: ownDefaults)
        // Looked up only if it is needed: the user database may be on another machine.
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

    /// Adds what `connectOptions2` in libpq derives from other parameters.
    ///
    /// Here empty counts as unset.
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

    func isSet(_ keyword: Keyword, to text: StaticString) -> Bool {
        guard let value = bytes(of: keyword) else { return false }
        return value.span.equals(text)
    }

    mutating func setDefault(_ code: KeywordCode, _ value: ArraySlice<UInt8>) {
        guard store.range(of: .init(code)) == nil else { return }
        store.assign(.init(code), appending: value)
    }
}
