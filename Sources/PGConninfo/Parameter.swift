import RDSIAMBasics

extension Conninfo {
    /// One of libpq's parameters with its value.
    public struct Parameter: Sendable, Hashable {
        /// The keyword.
        public let keyword: Keyword
        /// The value, which need not be UTF-8.
        package let bytes: [UInt8]

        /// The value as text, or `nil` if it is not UTF-8.
        public var value: String? { String(validating: bytes, as: UTF8.self) }
    }

    /// One of the caller's extension parameters with its value.
    package struct ExtensionParameter: Sendable {
        /// The name of the keyword.
        package let name: String
        /// The value, which need not be UTF-8.
        package let bytes: [UInt8]
        /// Whether the value is a secret that must not be shown.
        package let isSecret: Bool

        /// The value as text, or `nil` if it is not UTF-8.
        package var value: String? { String(validating: bytes, as: UTF8.self) }

        static func < (lhs: Self, rhs: Self) -> Bool { ByteText(lhs.name) < ByteText(rhs.name) }
    }
}

extension Conninfo.ExtensionParameter: Hashable {
    /// Returns whether names, values and secrecy are the same, byte for byte.
    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.name.isBytewiseEqual(to: rhs.name) && lhs.bytes == rhs.bytes && lhs.isSecret == rhs.isSecret
    }

    /// Hashes the name and the value.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(ByteText(name))
        hasher.combine(bytes)
    }
}

extension Conninfo.Parameter: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The setting as a keyword/value string, with `***` in place of a secret.
    public var description: String {
        KeywordValueWriter.masked(keyword.name, bytes, isSecret: keyword.isSecret)
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows what ``description`` shows.
    public var customMirror: Mirror { Mirror(self, children: ["redacted": description]) }
}

extension Conninfo.ExtensionParameter: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The setting as a keyword/value string, with `***` in place of a secret.
    package var description: String {
        KeywordValueWriter.masked(name, bytes, isSecret: isSecret)
    }

    /// The same as ``description``.
    package var debugDescription: String { description }

    /// Shows what ``description`` shows.
    package var customMirror: Mirror { Mirror(self, children: ["redacted": description]) }
}
