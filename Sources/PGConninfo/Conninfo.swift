/// The parameters of a libpq connection string: keyword to value, byte for byte as libpq reads it.
///
/// A parameter that is unset differs from one that is empty. Values are bytes and need not be UTF-8: ``subscript(_:)``
/// gives the text of those that are, ``bytes(of:)`` gives all. Extension parameters are kept apart from libpq's own.
///
///     let conninfo = try Conninfo.parse("postgresql://andrew@db.example.com:5432/blog")
///     conninfo[.host]   // "db.example.com"
public struct Conninfo: Sendable {
    var store: ParameterStore

    /// The version of libpq whose rules the parameters were read by.
    public let dialect: Dialect

    /// The extension keywords that are recognised.
    public let extensions: ExtensionKeywords

    init(store: ParameterStore, dialect: Dialect, extensions: ExtensionKeywords) {
        self.store = store
        self.dialect = dialect
        self.extensions = extensions
    }

    /// The value as text; nil if it is unset or is not UTF-8.
    public subscript(_ keyword: Keyword) -> String? {
        store.value(of: .init(keyword.code)).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// The value's bytes; nil if it is unset, empty if it is set to nothing.
    public func bytes(of keyword: Keyword) -> [UInt8]? {
        store.value(of: .init(keyword.code)).map(Array.init)
    }

    /// Whether the parameter is set, be it to nothing.
    public func contains(_ keyword: Keyword) -> Bool {
        store.range(of: .init(keyword.code)) != nil
    }

    /// The value of an extension parameter as text; nil if it is unset or is not UTF-8.
    public subscript(extension name: String) -> String? {
        bytes(ofExtension: name).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// The bytes of an extension parameter; nil if it is unset, empty if it is set to nothing.
    public func bytes(ofExtension name: String) -> [UInt8]? {
        extensions.names.firstIndex(of: name)
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
    public var extensionParameters: [ExtensionParameter] {
        store.orderedExtensions.compactMap { slot in
            slot.key.extensionPosition.map {
                let name = extensions.names[$0]
                let isSecret = extensions.secretNames.contains(name)
                return ExtensionParameter(name: name, bytes: Array(store.bytes[slot.range]), isSecret: isSecret)
            }
        }
    }
}

extension Conninfo: Hashable {
    /// Two are equal if they hold the same parameters, extension parameters included, whatever dialect read them.
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
