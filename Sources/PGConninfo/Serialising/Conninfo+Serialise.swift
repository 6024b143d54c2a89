extension Conninfo {
    /// A way to write connection parameters.
    public struct Form: Sendable, Hashable {
        private enum Kind { case keywordValue, uri }
        private let kind: Kind

        /// Pairs such as `host=db.example.com user=andrew`, which hold every value in every version of libpq.
        ///
        /// Hand this form to libpq.
        public static let keywordValue = Form(kind: .keywordValue)
        /// A URI such as `postgresql://andrew@db.example.com`, in which everything outside letters, digits and `-._~` is encoded.
        public static let uri = Form(kind: .uri)
    }

    /// Writes the parameters so that libpq, of every version that has the keywords, reads exactly the same ones back.
    ///
    /// The result **holds the password**; ``redacted`` is for showing. It never holds a NUL byte, but where a value
    /// is not UTF-8 neither is the keyword/value form.
    /// - Parameters:
    ///   - form: keyword/value pairs or a URI.
    ///   - includingExtensions: whether extension parameters are written too; libpq would refuse them.
    public func serialised(as form: Form = .keywordValue, includingExtensions: Bool = false) -> [UInt8] {
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

    /// Writes the parameters as text; nil if the form would hold bytes that are not UTF-8, which a URI never does.
    ///
    /// The result **holds the password**; see ``serialised(as:includingExtensions:)``.
    public func string(as form: Form = .keywordValue, includingExtensions: Bool = false) -> String? {
        String(validating: serialised(as: form, includingExtensions: includingExtensions), as: UTF8.self)
    }
}

extension Conninfo: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The parameters as keyword/value pairs for people to read, extension parameters included, with secrets as `***`.
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
