import AuthTokens
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
            command: Self.command(for: cause.code, findings),
            evidence: cause.evidence.map(masking.shortened)
        )
    }

    /// The command to run next, for causes that one command cures or shows.
    private static func command(for code: LikelyCause.Code, _ findings: Findings) -> String? {
        let endpoint = findings.endpoint
        switch code {
        case .clockSkew: return clockCommand
        case .trustRoot where endpoint?.roots == .rdsBundle:
            return "curl -O \(TrustRoots.bundleURL(region: endpoint?.region))"
        case .missingPermission, .wrongResourceID: return endpoint?.resourceIDCommand
        case .userWithoutRDSIAM: return findings.request.map { "psql -c 'GRANT rds_iam TO \"\($0.user)\"'" }
        case .credentialsExpired: return "rds-iam credentials"
        default: return nil
        }
    }

    /// Shows whether the clock is synchronized.
    static let clockCommand = "timedatectl"
}
