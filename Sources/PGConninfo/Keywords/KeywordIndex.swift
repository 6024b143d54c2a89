/// Finds a keyword by its bytes: an open-addressed hash table over the names.
struct KeywordIndex: Sendable {
    static let standard = KeywordIndex()

    private static let empty = UInt8.max
    private static let mask = 255
    private let slots: [UInt8]

    private init() {
        var slots = [UInt8](repeating: Self.empty, count: Self.mask + 1)
        for code in KeywordCode.allCases {
            var slot = KeywordDefinition.of(code).name.withUTF8Buffer { Self.hash($0.span) }
            while slots[slot] != Self.empty { slot = (slot + 1) & Self.mask }
            slots[slot] = code.rawValue
        }
        self.slots = slots
    }

    private static func hash(_ name: Span<UInt8>) -> Int {
        guard !name.isEmpty else { return 0 }
        let first = Int(name[0])
        let middle = Int(name[name.count / 2])
        let last = Int(name[name.count - 1])
        return (name.count &* 37 &+ first &* 7 &+ middle &* 3 &+ last &* 11) & mask
    }

    func code(named name: Span<UInt8>) -> KeywordCode? {
        var slot = Self.hash(name)
        while true {
            guard let code = KeywordCode(rawValue: slots[slot]) else { return nil }
            if KeywordDefinition.of(code).name.equals(name) { return code }
            slot = (slot + 1) & Self.mask
        }
    }

    /// The keyword with this name, where libpq of this version has it.
    func code(named name: Span<UInt8>, in dialect: Conninfo.Dialect) -> KeywordCode? {
        guard let code = code(named: name), KeywordDefinition.of(code).since <= dialect.majorVersion else { return nil }
        return code
    }
}

extension StaticString {
    func equals(_ bytes: Span<UInt8>) -> Bool {
        withUTF8Buffer { own in
            own.count == bytes.count && own.indices.allSatisfy { own[$0] == bytes[$0] }
        }
    }
}
