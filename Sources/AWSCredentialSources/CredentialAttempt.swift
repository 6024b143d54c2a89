/// One line of a trail: which source was asked, what came of it, how long it took.
///
/// It never holds a secret.
public struct CredentialAttempt: Sendable, Hashable {
    /// The source that was asked.
    public var source: AWSCredentialSourceKind
    /// What came of it.
    public var outcome: Outcome
    /// How long the source took.
    public var elapsed: Duration

    /// Creates a line of a trail.
    ///
    /// - Parameters:
    ///   - source: The source that was asked.
    ///   - outcome: What came of it.
    ///   - elapsed: How long the source took.
    public init(source: AWSCredentialSourceKind, outcome: Outcome, elapsed: Duration) {
        self.source = source
        self.outcome = outcome
        self.elapsed = elapsed
    }

    /// What came of asking a source.
    public struct Outcome: Sendable, Hashable {
        /// The error code; nil where credentials came.
        public var code: AWSCredentialError.Code?
        /// Why there was nothing; empty where credentials came.
        public var reason: String

        /// Credentials came.
        public static let provided = Self(code: nil, reason: "")

        /// No credentials came.
        ///
        /// - Parameters:
        ///   - code: The error code.
        ///   - reason: Why, without secrets.
        public static func nothing(_ code: AWSCredentialError.Code, _ reason: String) -> Self {
            Self(code: code, reason: reason)
        }
    }
}

extension CredentialAttempt: CustomStringConvertible {
    /// The source, the reason and the time in milliseconds.
    public var description: String {
        let milliseconds = elapsed / .milliseconds(1)
        let rounded = (milliseconds * 10).rounded() / 10
        return "\(source) (\(rounded) ms): \(outcome.code == nil ? "credentials" : outcome.reason)"
    }
}
