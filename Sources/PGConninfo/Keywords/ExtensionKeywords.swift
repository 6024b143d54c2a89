extension Conninfo {
    /// Keywords of the caller's own that a connection string may hold beside libpq's.
    ///
    /// They obey every lexical rule of libpq (quoting, percent-encoded spellings, the last one wins) and come back
    /// apart from libpq's own parameters. A name that libpq itself knows stays libpq's. A name that no keyword/value
    /// string could hold (empty, or with `=`, white space or NUL) is left out.
    public struct ExtensionKeywords: Sendable, Hashable, ExpressibleByArrayLiteral {
        private final class Storage: Sendable {
            let names: [String]
            let secretNames: Set<String>

            init(names: [String], secretNames: Set<String>) {
                self.names = names
                self.secretNames = secretNames
            }
        }

        /// One reference, and none for no keywords: every parsed string carries a copy.
        private let storage: Storage?

        /// The names, each once, in the order they were given.
        public var names: [String] { storage?.names ?? [] }
        /// The names whose values ``Conninfo/redacted`` masks.
        public var secretNames: Set<String> { storage?.secretNames ?? [] }

        /// No keywords of the caller's own.
        public static var none: ExtensionKeywords { ExtensionKeywords(storage: nil) }

        private init(storage: Storage?) {
            self.storage = storage
        }

        /// Creates a set of extension keywords.
        /// - Parameters:
        ///   - names: the names whose values may be shown. Names are case-sensitive.
        ///   - secret: the names whose values are masked in ``Conninfo/redacted``.
        public init(_ names: some Sequence<String>, secret: some Sequence<String> = []) {
            let secretNames = Set(secret)
            var seen = Set<String>()
            let all = (Array(names) + secretNames.sorted()).filter {
                Self.isWritable($0) && seen.insert($0).inserted
            }
            self.init(storage: all.isEmpty ? nil : Storage(names: all, secretNames: secretNames))
        }

        /// Creates a set of extension keywords from their names.
        public init(arrayLiteral names: String...) {
            self.init(names)
        }

        private static func isWritable(_ name: String) -> Bool {
            !name.isEmpty && name.utf8.allSatisfy { $0 != 0 && $0 != UInt8(ascii: "=") && !$0.isBlank }
        }

        func position(of name: Span<UInt8>) -> Int? {
            guard let storage else { return nil }
            for position in storage.names.indices where Self.isEqual(storage.names[position], name) { return position }
            return nil
        }

        private static func isEqual(_ candidate: String, _ name: Span<UInt8>) -> Bool {
            guard candidate.utf8.count == name.count else { return false }
            for (index, byte) in candidate.utf8.enumerated() where name[index] != byte { return false }
            return true
        }

        /// Two are the same if they hold the same names in the same order and keep the same ones secret.
        public static func == (lhs: Self, rhs: Self) -> Bool {
            lhs.names == rhs.names && lhs.secretNames == rhs.secretNames
        }

        /// Hashes the names.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(names)
        }
    }
}
