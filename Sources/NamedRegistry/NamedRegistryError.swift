/// An error that a registry throws about a name.
///
/// None of its codes is retryable: correct the name, or what the program registers when it starts.
public struct NamedRegistryError: RetryableError, Hashable, CustomStringConvertible {
    /// The kind of error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as it stands in logs.
        public let description: String

        /// The name is not registered.
        public static let unknownName = Code(description: "unknownName")
        /// The name is registered already, and the call did not say `replacing: true`.
        public static let nameTaken = Code(description: "nameTaken")
        /// The name is empty.
        public static let invalidName = Code(description: "invalidName")
        /// Building the value needs that same value: its closure asks for it, or for a value whose closure does.
        public static let cycle = Code(description: "cycle")
    }

    /// The kind of error.
    public let code: Code
    /// The name that the caller gave.
    public let name: String
    /// The names that were registered at that moment.
    public let registered: [String]

    /// What is wrong, and what to do about it.
    public let message: String

    init(_ code: Code, _ kind: String, name: String, registered: [String] = []) {
        (self.code, self.name, self.registered) = (code, name, registered)
        message =
            switch code {
            case .nameTaken: "The \(kind) \(quoted(name)) is registered already. Say replacing: true to replace it."
            case .invalidName: "A name must not be empty. Register the \(kind) under another name."
            default: "No \(kind) is named \(quoted(name)). " + suggestion(name, among: registered)
            }
    }

    /// - Parameter cycle: What was asked for, what its closure asks for, and so on, until what was asked for at first.
    init(cycle: [(kind: String, name: String)]) {
        (code, name, registered) = (.cycle, cycle.first?.name ?? "", [])
        var steps = cycle.map { "the \($0.kind) \(quoted($0.name))" }
        if steps.count > 9 { steps.replaceSubrange(7..<steps.count - 1, with: ["\(steps.count - 8) more"]) }
        let needs = steps.dropFirst().joined(separator: ", which needs ")
        message = "Building \(steps.first ?? "") needs \(needs). Remove one of these look-ups from its closure."
    }

    /// The registered name that needs the fewest edits to become the one asked for, or `nil` if none is registered.
    public var nearest: String? {
        registered.min { NearestName.editDistance($0, name) < NearestName.editDistance($1, name) }
    }

    /// Always `false`.
    public var isRetryable: Bool { false }

    /// The ``message``.
    public var description: String { message }
}

private func suggestion(_ name: String, among registered: [String]) -> String {
    guard !registered.isEmpty else { return "Nothing is registered." }
    let names = "Registered: \(registered.joined(separator: ", "))."
    guard let near = NearestName.find(name, among: registered) else { return names }
    return "Did you mean \(quoted(near))? " + names
}

/// The name with escapes for what a terminal would act on, cut to a length that fits into a line.
private func quoted(_ name: String) -> String {
    // Counted in scalars: a character may have any number of combining marks.
    String(reflecting: String(String.UnicodeScalarView(name.unicodeScalars.prefix(100))))
}

extension NamedRegistryError {
    /// Returns whether code, names and message are the same, byte by byte.
    public static func == (left: Self, right: Self) -> Bool {
        left.code == right.code && left.name.isBytewiseEqual(to: right.name)
            && left.message.isBytewiseEqual(to: right.message)
            && left.registered.elementsEqual(right.registered) { $0.isBytewiseEqual(to: $1) }
    }

    /// Hashes the code and the name.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(ByteText(name))
    }
}
