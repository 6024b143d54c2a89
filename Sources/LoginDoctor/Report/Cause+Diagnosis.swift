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
            command: Self.command(for: cause, findings).map(masking.shortened),
            evidence: cause.evidence.map(masking.shortened)
        )
    }

    /// The command to run next: the first one that the advice names, SQL with psql.
    private static func command(for cause: LikelyCause, _ findings: Findings) -> String? {
        switch cause.code {
        case .clockSkew: return clockCommand
        case .credentialsExpired, .credentialsNearExpiry: return findings.credentialsCommand
        case .databaseMissing: return findings.listCommand
        default: break
        }
        guard let command = cause.advice.commandInBackticks, let word = command.splitBytes(separator: " ").first
        else { return nil }
        if ["aws", "curl", "getent"].contains(where: word.isBytewiseEqual) { return command }
        let isSQL = ["ALTER", "GRANT", "REVOKE", "SELECT"].contains(where: word.isBytewiseEqual)
        // A name that a report cannot show stands there in words.
        let isWhole = ![" the role", " the database"].contains(where: command.containsBytes)
        return isSQL && isWhole ? findings.administratorCommand(command) : nil
    }

    /// Shows whether the clock is synchronized.
    static let clockCommand = "timedatectl"
}
