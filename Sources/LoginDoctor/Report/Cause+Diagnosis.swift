import LoginDiagnosis
import RDSIAMBasics

extension Cause {
    /// Creates a cause from one that the diagnosis of a failed login made out.
    init(_ cause: LikelyCause, _ findings: Findings) {
        let certainty: Certainty =
            switch cause.certainty {
            case .evident: .evident
            case .likely: .likely
            case .possible: .possible
            }
        let masking = findings.masking
        self.init(
            "\(cause.code)",
            certainty: certainty,
            masking.shortened(in: cause.summary),
            advice: masking.shortened(in: cause.advice),
            command: Self.command(for: cause).map(masking.shortened),
            evidence: cause.evidence.map(masking.shortened)
        )
    }

    /// The command to run next: the first one that the advice names, SQL with psql.
    private static func command(for cause: LikelyCause) -> String? {
        if cause.code == .clockSkew { return clockCommand }
        let parts = cause.advice.splitBytes(separator: "`", omittingEmptySubsequences: false)
        guard parts.count >= 3, let word = parts[1].splitBytes(separator: " ").first else { return nil }
        if ["aws", "psql", "curl", "getent", "rds-iam"].contains(where: word.isBytewiseEqual) { return parts[1] }
        let isSQL = ["ALTER", "GRANT", "REVOKE", "SELECT", "CREATE"].contains(where: word.isBytewiseEqual)
        return isSQL ? "psql -c \(parts[1].quotedForShell)" : nil
    }

    /// Shows whether the clock is synchronized.
    static let clockCommand = "timedatectl"
}
