/// An object's members in the order of their keys.
///
/// An array, as objects here are small: a dictionary for each took longer than all else that makes a payload.
struct CanonicalJSONObject: Sendable, Hashable {
    struct Member: Sendable, Hashable {
        let key: String
        let value: CanonicalJSON
    }

    let members: [Member]

    /// - Parameter members: In any order.
    init(_ members: [Member]) {
        // RFC 8785 sorts by UTF-16 units; keys here are ASCII, where every order is the same.
        let isSorted = zip(members, members.dropFirst()).allSatisfy { $0.key < $1.key }
        self.members = isSorted ? members : members.sorted { $0.key < $1.key }
    }

    /// Whether it is one, which is to be asked of what others have written.
    var hasEachKeyOnce: Bool { !zip(members, members.dropFirst()).contains { $0.key == $1.key } }
}

extension CanonicalJSONObject: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral elements: (String, CanonicalJSON)...) {
        self.init(elements.map { Member(key: $0.0, value: $0.1) })
    }
}
