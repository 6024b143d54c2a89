/// An object's members in the order of their keys.
///
/// An array, as objects here are small: a dictionary for each took longer than all else that makes a payload.
struct CanonicalJSONObject: Sendable {
    struct Member: Sendable {
        let key: String
        let value: CanonicalJSON
    }

    let members: [Member]

    /// - Parameter members: In any order.
    init(_ members: [Member]) {
        let isSorted = zip(members, members.dropFirst()).allSatisfy { Self.precedes($0.key, $1.key) }
        self.members = isSorted ? members : members.sorted { Self.precedes($0.key, $1.key) }
    }

    /// Whether it is an object in the sense of RFC 8785, which parsed texts need not be.
    var hasEachKeyOnce: Bool {
        !zip(members, members.dropFirst()).contains { $0.key.isBytewiseEqual(to: $1.key) }
    }

    /// Whether a key comes before another in the order of their UTF-16 code units (RFC 8785 §3.2.3).
    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8) { rank($0) < rank($1) }
    }

    /// A byte's place in the order of UTF-16: surrogate pairs (F0 to F4 begin them in UTF-8) come before U+E000 to
    /// U+FFFF (EE and EF begin these).
    private static func rank(_ byte: UInt8) -> UInt8 { byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte }
}

extension CanonicalJSONObject: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral elements: (String, CanonicalJSON)...) {
        self.init(elements.map { Member(key: $0.0, value: $0.1) })
    }
}
