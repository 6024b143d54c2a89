extension Conninfo {
    /// Creates an empty set of parameters to fill with ``set(_:to:)-(Keyword,String)``.
    public init(dialect: Dialect = .newest, extensions: ExtensionKeywords = .none) {
        self.init(store: ParameterStore(), dialect: dialect, extensions: extensions)
    }

    /// Creates parameters from a dictionary of keywords to values, which are taken as they are: no escapes.
    /// - Throws: ``ConninfoError`` for a keyword that neither libpq of this version nor `extensions` has, and for a
    ///   NUL byte.
    public init(
        _ dictionary: [String: String],
        dialect: Dialect = .newest,
        extensions: ExtensionKeywords = .none
    ) throws(ConninfoError) {
        self.init(dialect: dialect, extensions: extensions)
        for (name, value) in dictionary.sorted(by: { $0.key < $1.key }) {
            if let keyword = Keyword(name) {
                try set(keyword, to: value)
            } else {
                try set(extension: name, to: value)
            }
        }
    }

    /// Sets a parameter to a text, which is taken as it is: no escapes, and empty differs from unset.
    /// - Throws: ``ConninfoError`` for a keyword that libpq of this version does not have, and for a NUL byte.
    public mutating func set(_ keyword: Keyword, to value: String) throws(ConninfoError) {
        try set(keyword, to: Array(value.utf8))
    }

    /// Sets a parameter to bytes, which are taken as they are.
    /// - Throws: ``ConninfoError`` for a keyword that libpq of this version does not have, and for a NUL byte.
    public mutating func set(_ keyword: Keyword, to bytes: [UInt8]) throws(ConninfoError) {
        guard keyword.isKnown(in: dialect) else { throw ConninfoError(.notInDialect, keyword: keyword.name) }
        try replace(.init(keyword.code), name: keyword.name, with: bytes)
    }

    /// Sets an extension parameter.
    /// - Throws: ``ConninfoError`` for a name that is not among ``extensions``, and for a NUL byte.
    public mutating func set(extension name: String, to value: String) throws(ConninfoError) {
        guard let position = extensions.names.firstIndex(of: name) else {
            throw .unknownKeyword(Array(name.utf8), at: nil)
        }
        try replace(.init(extensionAt: position), name: name, with: Array(value.utf8))
    }

    /// Makes a parameter unset.
    public mutating func remove(_ keyword: Keyword) {
        drop(.init(keyword.code))
    }

    /// Makes an extension parameter unset.
    public mutating func remove(extension name: String) {
        guard let position = extensions.names.firstIndex(of: name) else { return }
        drop(.init(extensionAt: position))
    }

    /// The same parameters without the extension parameters: what libpq may see.
    public var withoutExtensions: Conninfo {
        Conninfo(store: store.compacted { $0.code != nil }, dialect: dialect, extensions: .none)
    }

    private mutating func replace(
        _ key: ParameterStore.Key,
        name: @autoclosure () -> String,
        with bytes: [UInt8]
    ) throws(ConninfoError) {
        guard !bytes.contains(0) else { throw ConninfoError(.nulByte, keyword: name()) }
        // A replaced secret must not linger in the buffer.
        if key.code?.isSecret ?? true { drop(key) }
        store.assign(key, appending: bytes)
    }

    private mutating func drop(_ key: ParameterStore.Key) {
        guard store.range(of: key) != nil else { return }
        store = store.compacted { $0 != key }
    }
}
