/// Why a registry could not do what it was asked.
///
/// None of these goes away by trying again: the program's start-up or the name it was given is to be corrected.
public struct NamedRegistryError: Error, Sendable, Equatable {
    /// The kinds of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as it stands in logs.
        public let description: String

        /// The name is not registered.
        public static let unknownName = Code(description: "unknownName")
        /// The name is registered already, and the call did not say `replacing: true`.
        public static let nameTaken = Code(description: "nameTaken")
        /// The name is empty.
        public static let invalidName = Code(description: "invalidName")
        /// The closure that builds the value asks the registry for that same value.
        public static let cycle = Code(description: "cycle")
    }

    /// What kind of failure this is.
    public let code: Code
    /// The name that was asked for.
    public let name: String
    /// The names that were registered at that moment.
    public let registered: [String]

    init(_ code: Code, name: String, registered: [String] = []) {
        self.code = code
        self.name = name
        self.registered = registered
    }

    /// The registered name that is closest to the one asked for, by edit distance.
    public var nearest: String? {
        registered.min { editDistance($0, name) < editDistance($1, name) }
    }
}

extension NamedRegistryError: CustomStringConvertible {
    /// One sentence that says what is wrong and what would be right.
    public var description: String {
        let shown = String(reflecting: String(name.prefix(100)))
        switch code {
        case .unknownName: return "no entry is named \(shown); " + suggestion
        case .nameTaken: return "\(shown) is registered already; say replacing: true to replace it"
        case .invalidName: return "a name may not be empty"
        default: return "building \(shown) asks for \(shown) itself"
        }
    }

    private var suggestion: String {
        guard let nearest else { return "nothing is registered" }
        let isNear = editDistance(nearest, name) <= max(1, nearest.utf8.count / 3)
        let names = registered.joined(separator: ", ")
        return isNear ? "did you mean \(String(reflecting: nearest))? Registered: \(names)" : "registered: \(names)"
    }
}
