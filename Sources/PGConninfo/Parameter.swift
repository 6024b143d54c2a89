extension Conninfo {
    /// One of libpq's parameters with its value.
    public struct Parameter: Sendable, Hashable {
        /// The keyword.
        public let keyword: Keyword
        /// The value, which need not be UTF-8.
        public let bytes: [UInt8]

        /// The value as text; nil if it is not UTF-8.
        public var value: String? { String(validating: bytes, as: UTF8.self) }
    }

    /// One of the caller's extension parameters with its value.
    public struct ExtensionParameter: Sendable, Hashable {
        /// The name of the keyword.
        public let name: String
        /// The value, which need not be UTF-8.
        public let bytes: [UInt8]
        /// Whether the value is a secret that must not be shown.
        public let isSecret: Bool

        /// The value as text; nil if it is not UTF-8.
        public var value: String? { String(validating: bytes, as: UTF8.self) }

        static func < (lhs: Self, rhs: Self) -> Bool { lhs.name < rhs.name }
    }
}

extension Conninfo.Parameter: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The setting as a keyword/value string, masked if the keyword is secret.
    public var description: String {
        KeywordValueWriter.masked(keyword.name, bytes, isSecret: keyword.isSecret)
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows what ``description`` shows.
    public var customMirror: Mirror { Mirror(self, children: ["redacted": description]) }
}

extension Conninfo.ExtensionParameter: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The setting as a keyword/value string, masked if the keyword is secret.
    public var description: String {
        KeywordValueWriter.masked(name, bytes, isSecret: isSecret)
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows what ``description`` shows.
    public var customMirror: Mirror { Mirror(self, children: ["redacted": description]) }
}
