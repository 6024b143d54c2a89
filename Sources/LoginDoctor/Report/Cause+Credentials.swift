import AWSCredentialSources
import RDSIAMBasics

extension Cause {
    /// Creates the cause for credentials that do not come.
    static func ofCredentials(_ error: AWSCredentialError, _ findings: Findings) -> Cause {
        let sentences = findings.masking.shortened(in: error.message).sentences
        return Cause(
            code(of: error),
            sentences.first ?? error.message,
            advice: sentences.count > 1 ? sentences.dropFirst().joined(separator: " ") : advice(for: error.code),
            // A sign-in that has ended names what renews it.
            command: error.message.commandInBackticks.map(findings.masking.shortened) ?? findings.credentialsCommand
        )
    }

    private static func code(of error: AWSCredentialError) -> String {
        switch error.code {
        case .signInRequired: "ssoExpired"
        case .expired: "credentialsExpired"
        case .unreadableFile, .invalidConfiguration: "unreadableProfile"
        case .notConfigured: "noCredentials"
        case .timedOut, .processFailed:
            error.trail.last?.source == .process || error.message.containsBytes("credential_process")
                ? "credentialsHelper" : "credentialsUnreachable"
        case .refused: "credentialsRefused"
        default: "credentialsUnreachable"
        }
    }

    private static func advice(for code: AWSCredentialError.Code) -> String {
        switch code {
        case .expired: "Renew the AWS credentials."
        case .signInRequired: "Sign in again."
        case .unreadableFile, .invalidConfiguration: "Correct the file."
        default: "Look at each source in turn."
        }
    }

    /// The source did not answer in time.
    static func credentialsHang(within limit: Duration, isHelper: Bool, _ findings: Findings) -> Cause {
        isHelper
            ? Cause(
                "credentialsHelper",
                "The profile's credential_process did not end within \(limit.inSeconds).",
                advice: "Run it in a terminal to see what it waits for.",
                command: findings.credentialsCommand
            )
            : Cause(
                "credentialsUnreachable",
                "No source of AWS credentials answered within \(limit.inSeconds).",
                advice: "Look at each source in turn.",
                command: findings.credentialsCommand
            )
    }

    /// Keys in the environment are used, and a profile is named.
    ///
    /// - Parameter origin: The variable or the file that names it.
    static func shadowedProfile(_ profile: String, namedBy origin: String) -> Cause {
        Cause(
            "shadowedProfile",
            certainty: .likely,
            "AWS_ACCESS_KEY_ID in the environment hides the profile \(profile) that \(origin) names.",
            advice: "Unset the keys, or set aws_rds_iam_profile=\(profile), which outranks them.",
            command: "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
            evidence: ["The credentials come from the environment, and \(origin) names a profile."]
        )
    }

    /// The metadata service's answer with a session token does not reach a container.
    static let hopLimit = Cause(
        "imdsHopLimit",
        "The instance metadata service is there, but its session token does not arrive: its hop limit is too low here.",
        advice: "Raise the hop limit of the instance to 2, as for containers.",
        command: "aws ec2 modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2",
        evidence: ["A plain request is answered, and the request for a session token is not."]
    )

    /// AWS does not know the key, or its secret does not belong to it.
    static func refusedKey(_ accessKey: String, _ serviceCode: String, _ findings: Findings) -> Cause {
        let isSecret = serviceCode.isBytewiseEqual(to: "SignatureDoesNotMatch")
        return Cause(
            "credentialsRefused",
            isSecret
                ? "The secret does not belong to the access key \(accessKey)."
                : "AWS does not accept the access key \(accessKey): it was replaced, deleted or made inactive.",
            advice: "Get new keys from where these came from.",
            command: findings.credentialsCommand,
            evidence: ["STS GetCallerIdentity answered \(serviceCode)."]
        )
    }

    /// The credentials have ended.
    static func expiredCredentials(_ findings: Findings, evidence: [String] = []) -> Cause {
        Cause(
            "credentialsExpired",
            "The AWS credentials have expired.",
            advice: "Renew them where they came from.",
            command: findings.credentialsCommand,
            evidence: evidence
        )
    }

    /// The clocks differ by more than a signature allows.
    static func clockSkew(_ lead: Double) -> Cause {
        let minutes = Int((abs(lead) / 60).rounded())
        return Cause(
            "clockSkew",
            "This machine's clock is \(minutes) minutes \(lead > 0 ? "behind" : "ahead of") AWS's.",
            advice: "Set the clock, and let it follow a time server.",
            command: clockCommand,
            evidence: ["AWS's replies carry another time (Date)."]
        )
    }
}
