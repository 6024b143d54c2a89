extension Conninfo {
    /// A syntax for connection parameters.
    public struct Form: Sendable, Hashable {
        private enum Kind { case keywordValue, uri }
        private let kind: Kind

        /// Pairs such as `host=db.example.com user=andrew`, which can hold every value in every version of libpq.
        ///
        /// Use this form for libpq.
        public static let keywordValue = Form(kind: .keywordValue)
        /// A URI such as `postgresql://andrew@db.example.com`, in which everything but letters, digits and `-._~` is
        /// percent-encoded.
        public static let uri = Form(kind: .uri)
    }

    /// Serializes the parameters so that libpq, of every version that has the keywords, parses exactly the same ones.
    ///
    /// The result **holds the password**; ``redacted`` does not. It never holds a NUL byte. If a value is not UTF-8,
    /// the keyword/value form is not UTF-8 either.
    /// - Parameters:
    ///   - form: Keyword/value pairs or a URI.
    ///   - includingExtensions: Whether to include extension parameters, which libpq would refuse.
    public func serialized(as form: Form = .keywordValue, includingExtensions: Bool = false) -> [UInt8] {
        if form == .uri { return URIWriter.write(self, includingExtensions: includingExtensions) }
        var output: [UInt8] = []
        output.reserveCapacity(store.bytes.count + store.slots.count * KeywordValueWriter.usualOverhead)
        for slot in store.ordered {
            guard let code = slot.key.code else { continue }
            KeywordValueWriter.append(KeywordDefinition.of(code).name, store.bytes[slot.range], to: &output)
        }
        for parameter in includingExtensions ? extensionParameters : [] {
            KeywordValueWriter.append(parameter.name, parameter.bytes, to: &output)
        }
        return output
    }

    /// Serializes the parameters as text, or returns `nil` if the result is not UTF-8, which a URI always is.
    ///
    /// The result **holds the password**; see ``serialized(as:includingExtensions:)``.
    public func string(as form: Form = .keywordValue, includingExtensions: Bool = false) -> String? {
        String(validating: serialized(as: form, includingExtensions: includingExtensions), as: UTF8.self)
    }
}

extension Conninfo: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The parameters as keyword/value pairs for people to read, extension parameters included, with `***` for secrets.
    public var redacted: String {
        (parameters.map(\.description) + extensionParameters.map(\.description)).joined(separator: " ")
    }

    /// The same as ``redacted``.
    public var description: String { redacted }

    /// The same as ``redacted``.
    public var debugDescription: String { redacted }

    /// Shows what ``redacted`` shows.
    public var customMirror: Mirror { Mirror(self, children: ["redacted": redacted]) }
}

/// Writes settings by the rule of libpq's own tools (`appendConnStrVal`), which quote a value unless nothing needs it.
enum KeywordValueWriter {
    /// The usual number of bytes of a keyword, an equals sign, two quotes and a space.
    static let usualOverhead = 20

    static func append(_ name: String, _ value: some Collection<UInt8>, to output: inout [UInt8]) {
        if !output.isEmpty { output.append(UInt8(ascii: " ")) }
        output.append(contentsOf: name.utf8)
        append(value, to: &output)
    }

    static func append(_ name: StaticString, _ value: some Collection<UInt8>, to output: inout [UInt8]) {
        if !output.isEmpty { output.append(UInt8(ascii: " ")) }
        name.withUTF8Buffer { output.append(contentsOf: $0) }
        append(value, to: &output)
    }

    private static func append(_ value: some Collection<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "="))
        if !value.isEmpty, value.allSatisfy(\.needsNoQuotes) {
            output.append(contentsOf: value)
        } else {
            appendQuoted(value, to: &output)
        }
    }

    private static func appendQuoted(_ value: some Collection<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "'"))
        if value.contains(where: \.needsEscape) {
            for byte in value {
                if byte.needsEscape { output.append(UInt8(ascii: "\\")) }
                output.append(byte)
            }
        } else {
            output.append(contentsOf: value)
        }
        output.append(UInt8(ascii: "'"))
    }

    /// Returns one setting for people to read.
    static func masked(_ name: String, _ value: some Collection<UInt8>, isSecret: Bool) -> String {
        guard !isSecret else { return "\(name)=***" }
        var output: [UInt8] = []
        append(name, value, to: &output)
        return String(decoding: output, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var needsNoQuotes: Bool { isAlphanumeric || self == UInt8(ascii: "_") || self == UInt8(ascii: ".") }

    fileprivate var needsEscape: Bool { self == UInt8(ascii: "'") || self == UInt8(ascii: "\\") }
}
