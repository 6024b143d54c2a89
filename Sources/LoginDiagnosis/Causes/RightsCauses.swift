import AuthTokens
import RDSIAMBasics
import RDSIAMSystem

/// The causes in the rights of the IAM identity and of the role.
extension Diagnosis {
    /// What cannot be ruled out if nothing contradicts the token.
    func rights(_ message: ServerMessage, _ certainty: LikelyCause.Certainty) -> [LikelyCause] {
        if evidence.token?.service == .dsql || evidence.endpoint?.kind == .dsql {
            return [missingPermission(message, certainty), dsqlRole(message)] + skewIfUnknown(message)
        }
        let causes = [missingPermission(message, certainty), policyCase(message), wrongResourceID(message)].compactMap {
            $0
        }
        return causes + skewIfUnknown(message) + [iamDisabled(message)]
    }

    private func skewIfUnknown(_ message: ServerMessage) -> [LikelyCause] {
        evidence.serverDate == nil ? [skew(.possible, [message.quotation])] : []
    }

    func missingPermission(_ message: ServerMessage, _ certainty: LikelyCause.Certainty) -> LikelyCause {
        let who = evidence.identityARN.map { "The IAM identity \($0)" } ?? "The IAM identity that signed the token"
        let permission = permission
        let action = permission?.action ?? "rds-db:connect"
        return LikelyCause(
            .missingPermission,
            certainty,
            "\(who) may not \(action) as \(evidence.user?.shown ?? "this user") on this database.",
            evidence: [message.quotation] + tokenInWords,
            advice: permission.map { "Allow it: `\($0.statement)`. " + resourceAdvice + logAdvice } ?? logAdvice
        )
    }

    private var permission: ConnectPermission? {
        (evidence.endpoint ?? DatabaseEndpoint("")).permission(
            for: evidence.user ?? "USER",
            region: evidence.token?.region,
            account: evidence.accountID
        )
    }

    private var resourceAdvice: String {
        guard let endpoint = evidence.endpoint, let prefix = endpoint.resourceIDPrefix,
            let command = endpoint.resourceIDCommand
        else { return evidence.endpoint?.kind == .dsql ? "" : "RESOURCEID begins with db-, cluster- or prx-. " }
        return "The resource id begins with \(prefix); print it with `\(command)`. "
    }

    private var logAdvice: String {
        if evidence.endpoint?.kind == .dsql { return "CloudTrail shows the refusal as an event of DSQL." }
        return "Conditions on the source address never hold for database logins. "
            + "The log iam-db-auth-error of the instance, if it is exported to CloudWatch, says exactly what was refused."
    }

    /// What the token says for itself.
    private var tokenInWords: [String] {
        guard let token = evidence.token else { return [] }
        var facts: [String] = []
        if let host = token.signingHost {
            let place = token.region.map { " in \($0)" } ?? ""
            facts.append("The token was signed for \(host)\(token.signingPort.map { ":\($0)" } ?? "")\(place).")
        }
        if let credential = token.credential {
            let who =
                credential.roleARN.map { ", role \($0)" } ?? credential.profile.map { ", profile \($0.shown)" } ?? ""
            facts.append("It was signed with credentials of the source \(credential.source.shown)\(who).")
        }
        return facts
    }

    private func policyCase(_ message: ServerMessage) -> LikelyCause? {
        guard let user = evidence.user, user.hasCapitals else { return nil }
        return LikelyCause(
            .userCase,
            .possible,
            "The policy may write the user \(user.shown) in other letters; names are case-sensitive.",
            evidence: [message.quotation],
            advice: "Write the user in the policy's resource in the same letters as the role."
        )
    }

    private func wrongResourceID(_ message: ServerMessage) -> LikelyCause? {
        guard let endpoint = evidence.endpoint, let prefix = endpoint.resourceIDPrefix else { return nil }
        return LikelyCause(
            .wrongResourceID,
            .possible,
            "The policy may name another kind of resource: the id for this \(endpoint.kind) begins with \(prefix).",
            evidence: [message.quotation],
            advice:
                "Compare it with `\(permission?.resource ?? "")`: it has that id, not the name, and does not begin with "
                + "arn:aws:rds. Print the id with `\(endpoint.resourceIDCommand ?? "")`."
        )
    }

    private func iamDisabled(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .iamDisabled,
            .possible,
            "IAM authentication may be off on the instance or cluster.",
            evidence: [message.quotation],
            advice: enableAdvice
        )
    }

    private var enableAdvice: String {
        evidence.endpoint?.resourceIDPrefix == "cluster-"
            ? "Turn it on with `aws rds modify-db-cluster --db-cluster-identifier CLUSTER "
                + "--enable-iam-database-authentication --apply-immediately`."
            : "Turn it on with `aws rds modify-db-instance --db-instance-identifier INSTANCE "
                + "--enable-iam-database-authentication --apply-immediately`."
    }

    // MARK: A stored password

    /// The causes of SQLSTATE 28P01: the server compared the token with a stored password.
    func storedPassword(_ message: ServerMessage) -> [LikelyCause] {
        let user = evidence.user?.shown ?? "the user"
        let isOtherCase = evidence.user?.hasCapitals ?? false
        let member = LikelyCause(
            .userWithoutRDSIAM,
            isOtherCase ? .likely : .evident,
            "The server took the token for a stored password: \(user) is no member of rds_iam, or there is no such user "
                + "(names are case-sensitive).",
            evidence: [message.quotation],
            advice: "Log in as another user and run `GRANT rds_iam TO \(role)`. List the users with "
                + "`SELECT rolname FROM pg_roles`."
        )
        return [isOtherCase ? otherCase(message) : nil, member, iamDisabled(message)].compactMap { $0 }
    }

    private func otherCase(_ message: ServerMessage) -> LikelyCause {
        let user = evidence.user ?? ""
        return LikelyCause(
            .userCase,
            .likely,
            "The user \(user.shown) has capitals, and names are case-sensitive: CREATE ROLE makes lowercase ones unless "
                + "they are quoted.",
            evidence: [message.quotation],
            advice: "Try user=\(user.asciiLowercased()). List the users with `SELECT rolname FROM pg_roles`."
        )
    }
}
