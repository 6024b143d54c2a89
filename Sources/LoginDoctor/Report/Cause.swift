import RDSIAMBasics

/// One reason why a login fails: what points to it, and what to do about it.
///
/// Nothing in it is secret.
public struct Cause: Sendable, Hashable, Codable {
    /// How sure it is.
    public struct Certainty: Sendable, Hashable, Codable, RawRepresentable, Comparable {
        /// The word as it stands in the JSON document.
        public let rawValue: String

        /// Names a certainty.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// What was seen proves it.
        public static let evident = Certainty(rawValue: "evident")
        /// What was seen points to it.
        public static let likely = Certainty(rawValue: "likely")
        /// It cannot be ruled out.
        public static let possible = Certainty(rawValue: "possible")

        /// Returns whether the left one is surer: it comes first.
        public static func < (left: Self, right: Self) -> Bool { left.order < right.order }

        private var order: Int { [.evident, .likely, .possible].firstIndex(of: self) ?? 3 }
    }

    /// The name of the cause, such as `regionMismatch`; names are stable.
    public let code: String
    /// How sure it is.
    public let certainty: Certainty
    /// What is wrong, in a sentence.
    public let summary: String
    /// What to do, in a sentence.
    public let advice: String
    /// The command to run next, or `nil` if none helps.
    public let command: String?
    /// What points to it, a line each.
    public let evidence: [String]
    /// The server that it concerns, as host and port, if there are several.
    public internal(set) var server: String?

    init(
        _ code: String,
        certainty: Certainty = .evident,
        _ summary: String,
        advice: String,
        command: String? = nil,
        evidence: [String] = []
    ) {
        (self.code, self.certainty, self.summary) = (code, certainty, summary)
        (self.advice, self.command, self.evidence) = (advice, command, evidence)
    }
}

extension [Cause] {
    /// The causes with the surest first, each code once; causes that are equally sure keep their order.
    var ranked: [Cause] {
        var seen: Set<ByteText> = []
        return enumerated().sorted { left, right in
            left.element.certainty == right.element.certainty
                ? left.offset < right.offset : left.element.certainty < right.element.certainty
        }
        .map(\.element).filter { seen.insert(ByteText($0.code)).inserted }
    }
}
