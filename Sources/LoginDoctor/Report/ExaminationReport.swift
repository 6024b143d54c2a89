import AWSCredentialSources
import RDSIAMBasics

/// What an examination found: the answer, the ladder, the causes.
///
/// It holds no secret, and account numbers only if the examination was asked for them, so that it can be pasted into a
/// ticket. As JSON it is one document; ``schema`` rises if a member goes or changes its meaning.
public struct ExaminationReport: Sendable, Hashable, Codable {
    /// How an examination ended; more may be added.
    public struct Outcome: Sendable, Hashable, Codable, RawRepresentable {
        /// The word as it stands in the JSON document.
        public let rawValue: String

        /// Names an outcome.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The login works.
        public static let loginWorks = Outcome(rawValue: "loginWorks")
        /// The login fails, and at least one cause was found.
        public static let causeFound = Outcome(rawValue: "causeFound")
        /// Something failed, and the cause is not known.
        public static let causeUnknown = Outcome(rawValue: "causeUnknown")
        /// No login was tried: the settings cannot be used, or the examination was to stay offline.
        public static let notTried = Outcome(rawValue: "notTried")

        /// The exit status of a command that ends with this outcome: 0, 1, 2 or 3.
        package var exitStatus: Int32 {
            switch self {
            case .loginWorks: 0
            case .causeFound: 1
            case .notTried: 3
            default: 2
            }
        }
    }

    /// The number of the document's schema.
    public let schema: Int
    /// Whether the login works.
    public let ok: Bool
    /// How the examination ended.
    public let outcome: Outcome
    /// The answer in one sentence.
    public let answer: String
    /// What to do, in a sentence, or `nil` if there is nothing to do.
    public let advice: String?
    /// The command to run next, or `nil` if none helps.
    public let next: String?
    /// The causes, the most probable first.
    public let causes: [Cause]
    /// The rungs, in the order of a login.
    public let steps: [Step]
    /// The words of the server, or of libpq, in order, if the login failed.
    public let words: [String]
    /// The IAM policy statement that the login needs, as JSON, if IAM may be the reason of a refusal.
    public let statement: String?
    /// What only the server's side can see, and where.
    public let elsewhere: [String]

    init(
        outcome: Outcome,
        answer: String,
        advice: String? = nil,
        next: String? = nil,
        causes: [Cause],
        steps: [Step],
        words: [String] = [],
        statement: String? = nil,
        elsewhere: [String] = []
    ) {
        schema = 1
        ok = outcome == .loginWorks
        (self.outcome, self.answer, self.advice, self.next) = (outcome, answer, advice, next)
        (self.causes, self.steps, self.words) = (causes, steps, words)
        (self.statement, self.elsewhere) = (statement, elsewhere)
    }
}

extension ExaminationReport {
    /// Draws the conclusion from what was found.
    ///
    /// - Parameters:
    ///   - visits: What was found at each server, in order. The answer is about the one at which a login ends:
    ///     the first that lets it in or refuses it, or the first of all if none was reached.
    ///   - shared: The steps that are the same for all servers.
    init(_ visits: [Findings], sharing shared: Set<Step.Name>) {
        let last = visits.firstIndex { !$0.allowsNextServer } ?? 0
        let findings = visits[last]
        let causes = findings.loginWorks ? [] : findings.causes.ranked
        let outcome = findings.outcome(causes)
        let first = causes.first
        let others = visits.indices.filter { $0 != last }.map { visits[$0] }
        self.init(
            outcome: outcome,
            answer: Self.answer(outcome, first, findings),
            advice: first?.advice ?? Self.advice(outcome, findings) ?? Self.advice(on: others),
            next: first.map(\.command) ?? (outcome == .loginWorks ? findings.command("psql") : nil),
            causes: Self.causes(causes, of: findings, others),
            steps: Self.steps(visits, shared),
            words: findings.words,
            statement: findings.needsStatement ? findings.statement : nil,
            elsewhere: findings.needsStatement ? findings.elsewhere : []
        )
    }

    private static func answer(_ outcome: Outcome, _ cause: Cause?, _ findings: Findings) -> String {
        switch outcome {
        case .loginWorks: return findings.sessionSummary
        case .notTried where cause == nil:
            return "Nothing wrong was found so far; no login was tried, because of --offline."
        case .notTried: return "No login was tried. \(cause?.summary ?? "")"
        case .causeFound:
            let likely = cause?.certainty == .possible ? "The login fails. Possibly: " : ""
            return likely + (cause?.summary ?? "The login fails.")
        default:
            let step = findings.steps.first { $0.mark == .failed }
            let words = findings.words.first ?? step?.summary ?? "no words"
            return "The login fails at the step \(step?.name.rawValue ?? "login"), and the cause is not known: \(words)"
                + (words.hasByteSuffix(".") ? "" : ".")
        }
    }

    /// Names the other servers that do not work, beside one that does.
    private static func advice(on others: [Findings]) -> String? {
        let names = others.filter { !$0.loginWorks }.compactMap(\.server?.name)
        guard !names.isEmpty else { return nil }
        return "A login would fail at \(names.joined(separator: ", ")): see the causes below."
    }

    /// The causes at the server that the answer is about, then those at the others.
    private static func causes(_ causes: [Cause], of findings: Findings, _ others: [Findings]) -> [Cause] {
        guard !others.isEmpty else { return causes }
        return ([(causes, findings)] + others.map { ($0.loginWorks ? [] : $0.causes.ranked, $0) }).flatMap { pair in
            pair.0.map { cause in
                var cause = cause
                cause.server = pair.1.server?.name
                return cause
            }
        }
    }

    private static func steps(_ visits: [Findings], _ shared: Set<Step.Name>) -> [Step] {
        guard visits.count > 1 else { return visits[0].steps }
        return visits[0].steps.filter { shared.contains($0.name) }
            + visits.flatMap { visit in
                visit.steps.filter { !shared.contains($0.name) }.map { step in
                    var step = step
                    step.server = visit.server?.name
                    return step
                }
            }
    }

    private static func advice(_ outcome: Outcome, _ findings: Findings) -> String? {
        switch outcome {
        case .notTried: "Run it again without --offline."
        case .causeUnknown: "Read the step that failed below, and what only the server can see."
        default: nil
        }
    }
}

extension ExaminationReport {
    /// Draws the conclusion of an examination of the credentials alone.
    init(credentials findings: Findings) {
        let causes = findings.causes.ranked
        let hasCredentials = findings.credentials != nil && !findings.hasFailed(.identity)
        let outcome: Outcome =
            if findings.request == nil { .notTried } else if hasCredentials {
                .loginWorks
            } else if !causes.isEmpty { .causeFound } else { .causeUnknown }
        let source = findings.credentials.map { "\($0.provenance.source)" } ?? "none"
        self.init(
            outcome: findings.recorder.hasRefused && !hasCredentials ? .notTried : outcome,
            answer: hasCredentials
                ? "There are AWS credentials; their source is: \(source)."
                : causes.first?.summary ?? "There are no AWS credentials.",
            advice: causes.first?.advice,
            next: causes.first?.command.flatMap { $0.hasBytePrefix("rds-iam credentials") ? nil : $0 },
            causes: causes,
            steps: findings.steps
        )
    }
}
