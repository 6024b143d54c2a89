// Adopters catch errors of every module through the protocol RetryableError.
@_exported public import RDSIAMBasics

/// The parameters of a libpq connection string: keyword to value, byte for byte as libpq reads it.
///
/// An unset parameter differs from an empty one. Values are bytes and need not be UTF-8: ``subscript(_:)`` returns the
/// text of those that are, ``bytes(of:)`` returns all. Extension parameters are separate from libpq's own.
///
///     let conninfo = try Conninfo.parse("postgresql://andrew@db.example.com:5432/blog")
///     conninfo[.host]   // "db.example.com"
public struct Conninfo: Sendable {
    var store: ParameterStore

    /// The version of libpq whose rules the parameters were read by.
    public let dialect: Dialect

    /// The extension keywords that are accepted beside libpq's own.
    public let extensions: ExtensionKeywords

    init(store: ParameterStore, dialect: Dialect, extensions: ExtensionKeywords) {
        self.store = store
        self.dialect = dialect
        self.extensions = extensions
    }

    /// The value as text, or `nil` if it is unset or is not UTF-8.
    public subscript(_ keyword: Keyword) -> String? {
        store.value(of: .init(keyword.code)).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// Returns the value's bytes: `nil` if it is unset, empty if it is set to nothing.
    public func bytes(of keyword: Keyword) -> [UInt8]? {
        store.value(of: .init(keyword.code)).map(Array.init)
    }

    /// Returns whether the parameter is set, possibly to nothing.
    public func contains(_ keyword: Keyword) -> Bool {
        store.range(of: .init(keyword.code)) != nil
    }

    /// The value of an extension parameter as text, or `nil` if it is unset or is not UTF-8.
    public subscript(extension name: String) -> String? {
        bytes(ofExtension: name).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// Returns the bytes of an extension parameter: `nil` if it is unset, empty if it is set to nothing.
    package func bytes(ofExtension name: String) -> [UInt8]? {
        extensions.position(of: name)
            .flatMap { store.value(of: .init(extensionAt: $0)) }
            .map(Array.init)
    }

    /// libpq's own parameters that are set, in the order of `PQconninfoOptions`.
    public var parameters: [Parameter] {
        store.ordered.compactMap { slot in
            slot.key.code.map { Parameter(keyword: Keyword($0), bytes: Array(store.bytes[slot.range])) }
        }
    }

    /// The extension parameters that are set, in the order of ``extensions``.
    package var extensionParameters: [ExtensionParameter] {
        store.orderedExtensions.compactMap { slot in
            slot.key.extensionPosition.map { position in
                ExtensionParameter(
                    name: extensions.names[position],
                    bytes: Array(store.bytes[slot.range]),
                    isSecret: extensions.isSecret(at: position)
                )
            }
        }
    }
}

// Parsing.
extension Conninfo {
    /// Parses a connection string as `PQconninfoParse` does.
    ///
    /// A string that begins with `postgresql://` or `postgres://` is a URI; any other holds keyword/value pairs.
    /// Nothing is looked up: ``resolve(in:leavingUnset:)`` adds defaults, environment and service file.
    ///
    /// With extension keywords one rule is added: a URI is refused if an `@` stands in its hosts or its path. There,
    /// libpq ends a password that holds `/` or `@` unescaped, and takes the rest for the name of a host or database.
    /// - Parameters:
    ///   - text: The connection string.
    ///   - dialect: The version of libpq whose rules apply.
    ///   - extensions: Keywords to accept beside libpq's own.
    /// - Throws: ``ConninfoError`` for what libpq refuses, and for a NUL byte. The same input fails again.
    public static func parse(
        _ text: String,
        dialect: Dialect = .newest,
        extensions: ExtensionKeywords = .none
    ) throws(ConninfoError) -> Conninfo {
        try parse(Array(text.utf8), dialect: dialect, extensions: extensions)
    }

    /// Parses a connection string given as bytes, which need not be UTF-8.
    ///
    /// The rules are those of ``parse(_:dialect:extensions:)-(String,_,_)``.
    public static func parse(
        _ bytes: [UInt8],
        dialect: Dialect = .newest,
        extensions: ExtensionKeywords = .none
    ) throws(ConninfoError) -> Conninfo {
        var parser = ConninfoParser(bytes, dialect: dialect, extensions: extensions)
        try parser.parse(bytes.span)
        return parser.finish()
    }
}

// Building.
extension Conninfo {
    /// Creates an empty set of parameters to fill with ``set(_:to:)-(_,String)``.
    public init(dialect: Dialect = .newest, extensions: ExtensionKeywords = .none) {
        self.init(store: ParameterStore(), dialect: dialect, extensions: extensions)
    }

    /// Creates parameters from a dictionary of keywords to values, which are taken literally: no escapes.
    /// - Throws: ``ConninfoError`` for a keyword that neither libpq of this version nor `extensions` has, and for a
    ///   NUL byte.
    public init(
        _ dictionary: [String: String],
        dialect: Dialect = .newest,
        extensions: ExtensionKeywords = .none
    ) throws(ConninfoError) {
        self.init(dialect: dialect, extensions: extensions)
        try merge(dictionary)
    }

    /// Sets the parameters of a dictionary; those that it does not name stay as they are.
    ///
    /// Values are taken literally, and an empty one is set. Each keyword counts for itself, as it does if libpq gets
    /// keywords beside a connection string (`PQconnectdbParams`): a new `host` leaves `hostaddr` as it is, which libpq
    /// then dials.
    /// - Throws: ``ConninfoError`` for a keyword that neither libpq of this version nor ``extensions`` has, and for a
    ///   NUL byte.
    public mutating func merge(_ dictionary: [String: String]) throws(ConninfoError) {
        // In a fixed order, so that of several faults always the same is reported.
        for (name, value) in dictionary.sorted(by: { ByteText($0.key) < ByteText($1.key) }) {
            if let keyword = Keyword(name) {
                try set(keyword, to: value)
            } else {
                try set(extension: name, to: value)
            }
        }
    }

    /// Sets a parameter to a text, which is taken literally: no escapes, and empty differs from unset.
    /// - Throws: ``ConninfoError`` for a keyword that libpq of this version does not have, and for a NUL byte.
    public mutating func set(_ keyword: Keyword, to value: String) throws(ConninfoError) {
        try set(keyword, to: Array(value.utf8))
    }

    /// Sets a parameter to bytes, which are taken literally.
    /// - Throws: ``ConninfoError`` for a keyword that libpq of this version does not have, and for a NUL byte.
    package mutating func set(_ keyword: Keyword, to bytes: [UInt8]) throws(ConninfoError) {
        guard keyword.isKnown(in: dialect) else { throw ConninfoError(.notInDialect, keyword: keyword.name) }
        try replace(.init(keyword.code), isSecret: keyword.isSecret, name: keyword.name, with: bytes)
    }

    /// Sets an extension parameter.
    /// - Throws: ``ConninfoError`` for a name that is not among ``extensions``, and for a NUL byte.
    public mutating func set(extension name: String, to value: String) throws(ConninfoError) {
        guard let position = extensions.position(of: name) else {
            let bytes = Array(name.utf8)
            throw .unknownKeyword(UnknownKeyword(bytes, dialect, extensions), at: nil, quoting: bytes)
        }
        try replace(.init(extensionAt: position), isSecret: true, name: name, with: Array(value.utf8))
    }

    /// Makes a parameter unset.
    public mutating func remove(_ keyword: Keyword) {
        store.remove(.init(keyword.code))
    }

    /// Makes an extension parameter unset.
    public mutating func remove(extension name: String) {
        guard let position = extensions.position(of: name) else { return }
        store.remove(.init(extensionAt: position))
    }

    /// The same parameters without the extension parameters: what libpq may see.
    package var withoutExtensions: Conninfo {
        Conninfo(store: store.compacted { $0.code != nil }, dialect: dialect, extensions: .none)
    }

    private mutating func replace(
        _ key: ParameterStore.Key,
        isSecret: Bool,
        name: @autoclosure () -> String,
        with bytes: [UInt8]
    ) throws(ConninfoError) {
        guard !bytes.contains(0) else { throw ConninfoError(.nulByte, keyword: name()) }
        // A replaced secret must not stay in the buffer.
        if isSecret { store.remove(key) }
        store.set(key, to: bytes)
    }
}

extension Conninfo: Hashable {
    /// Returns whether both hold the same parameters, extension parameters included, whatever dialect read them.
    public static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.store.slots.count == rhs.store.slots.count && lhs.parameters == rhs.parameters
            && lhs.extensionParameters.sorted(by: <) == rhs.extensionParameters.sorted(by: <)
    }

    /// Hashes the parameters and extension parameters.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(parameters)
        hasher.combine(extensionParameters.sorted(by: <))
    }
}
