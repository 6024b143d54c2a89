import RDSIAMBasics

extension Conninfo {
    /// Keywords of the caller's own that a connection string may hold beside libpq's.
    ///
    /// They follow every lexical rule of libpq (quoting, percent-encoded spellings, the last one wins) and are returned
    /// apart from libpq's own parameters. A name that libpq itself knows stays libpq's. A name that no keyword/value
    /// string could hold (empty, or with `=`, white space or NUL) is left out. Names are compared by their bytes.
    public struct ExtensionKeywords: Sendable, ExpressibleByArrayLiteral {
        /// One reference, and none for no keywords: every parsed string carries a copy.
        private let storage: Storage?

        /// The names, each once, in the order they were given.
        public var names: [String] { storage?.names ?? [] }
        /// The names whose values ``Conninfo/redacted`` masks, in the order of ``names``.
        package var secretNames: [String] {
            storage.map { storage in storage.names.indices.filter { storage.isSecret[$0] }.map { storage.names[$0] } }
                ?? []
        }

        /// No keywords of the caller's own.
        public static var none: ExtensionKeywords { ExtensionKeywords(storage: nil) }

        private init(storage: Storage?) {
            self.storage = storage
        }

        /// Creates a set of extension keywords.
        /// - Parameters:
        ///   - names: The names whose values may be shown. Names are case-sensitive.
        ///   - secret: The names whose values are masked in ``Conninfo/redacted``.
        public init(_ names: some Sequence<String>, secret: some Sequence<String> = []) {
            let secretNames = secret.map { ByteText($0) }
            let isSecret = Set(secretNames)
            var seen = Set<ByteText>()
            let all = (names.map { ByteText($0) } + secretNames.sorted()).filter {
                Self.isWritable($0.string) && seen.insert($0).inserted
            }
            self.init(storage: all.isEmpty ? nil : Storage(all.map(\.string), isSecret: all.map(isSecret.contains)))
        }

        /// Creates a set of extension keywords from their names.
        public init(arrayLiteral names: String...) {
            self.init(names)
        }

        private static func isWritable(_ name: String) -> Bool {
            !name.isEmpty && name.utf8.allSatisfy { $0 != 0 && $0 != UInt8(ascii: "=") && !$0.isBlank }
        }

        func position(of name: Span<UInt8>) -> Int? { storage?.position(of: name) }

        func position(of name: String) -> Int? { storage?.position(of: Array(name.utf8).span) }

        func isSecret(at position: Int) -> Bool { storage?.isSecret[position] ?? true }
    }
}

extension Conninfo.ExtensionKeywords: Hashable {
    /// Returns whether both hold the same names in the same order and mask the same ones.
    public static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.names.elementsEqual(rhs.names) { $0.isBytewiseEqual(to: $1) }
            && lhs.storage?.isSecret == rhs.storage?.isSecret
    }

    /// Hashes the names.
    public func hash(into hasher: inout Hasher) {
        for name in names { hasher.combine(ByteText(name)) }
    }
}

extension Conninfo.ExtensionKeywords {
    private final class Storage: Sendable {
        let names: [String]
        let isSecret: [Bool]
        /// Where each name is, if there are more names than a search should visit.
        private let positions: [[UInt8]: Int]

        private static let mostNamesToSearch = 16

        init(_ names: [String], isSecret: [Bool]) {
            self.names = names
            self.isSecret = isSecret
            guard names.count > Self.mostNamesToSearch else {
                positions = [:]
                return
            }
            positions = Dictionary(
                uniqueKeysWithValues: names.enumerated().map { (Array($0.element.utf8), $0.offset) }
            )
        }

        func position(of name: Span<UInt8>) -> Int? {
            if names.count > Self.mostNamesToSearch { return positions[name.copy()] }
            for position in names.indices where Self.isEqual(names[position], name) { return position }
            return nil
        }

        private static func isEqual(_ candidate: String, _ name: Span<UInt8>) -> Bool {
            guard candidate.utf8.count == name.count else { return false }
            for (index, byte) in candidate.utf8.enumerated() where name[index] != byte { return false }
            return true
        }
    }
}
