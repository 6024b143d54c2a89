import AWSGenerators
import AuthTokens
import RDSIAMBasics
import RDSIAMSystem

/// The causes of a refusal of a token: what contradicts the token, then the rights that it needs.
extension Diagnosis {
    func judgedCauses(_ message: ServerMessage) -> [LikelyCause] {
        let flaws = flaws(message)
        // What the facts contradict needs no other explanation.
        let isExplained = flaws.contains { $0.certainty == .evident }
        let rights = rights(message, isExplained ? .possible : .likely)
        if message.isProxyRefusal { return flaws + [proxyRefusal(message)] + rights }
        guard isRefusal(message) else { return [] }
        if let token = evidence.token, token.service == nil { return [password(message)] }
        if message.state == "28P01" { return storedPassword(message) }
        guard evidence.token?.service != .other else { return ends(message) + [possibleSkew(message)] }
        return flaws + rights
    }

    /// What is sure or likely to be wrong with the token.
    private func flaws(_ message: ServerMessage) -> [LikelyCause] {
        let form = [damage(message), userMismatch(message), lifetime(message)]
        let origin = [proxyRole(message), replication(message), throttling(message), stale(message), shadowed(message)]
        return form.compactMap { $0 } + ends(message) + [evidentSkew(message)].compactMap { $0 }
            + signingCauses(message) + origin.compactMap { $0 }
    }

    // MARK: Its text

    private func damage(_ message: ServerMessage) -> LikelyCause? {
        guard let damage = evidence.token?.damage else { return nil }
        return LikelyCause(
            .damagedToken,
            .evident,
            "The text that was sent is no whole token: \(damage).",
            evidence: [message.quotation],
            advice:
                "Send the token as it was made. In a shell, quote it: `PGPASSWORD=\"$(rds-iam token …)\"`. In a URI, "
                + "percent-encode it. Some clients cut passwords: a token has a thousand characters and more."
        )
    }

    private func userMismatch(_ message: ServerMessage) -> LikelyCause? {
        guard let signed = evidence.token?.user, let user = evidence.user, !signed.isBytewiseEqual(to: user)
        else { return nil }
        return LikelyCause(
            .userMismatch,
            .evident,
            "The token is for the user \(signed.shown), but \(user.shown) logs in.",
            evidence: [message.quotation],
            advice: "Make the token for the user who logs in, in the same letters."
        )
    }

    private func lifetime(_ message: ServerMessage) -> LikelyCause? {
        guard let token = evidence.token, token.service == .rds, let seconds = token.lifetime, seconds > 900
        else { return nil }
        return LikelyCause(
            .tokenLifetime,
            .evident,
            "The token is signed for \(seconds) seconds, and RDS accepts 900 at most.",
            evidence: [message.quotation],
            advice: "Sign it for 900 seconds or fewer (X-Amz-Expires)."
        )
    }

    // MARK: Its time

    private func ends(_ message: ServerMessage) -> [LikelyCause] {
        [credentialsEnd(message) ?? expiry(message)].compactMap { $0 }
    }

    private func expiry(_ message: ServerMessage) -> LikelyCause? {
        guard let end = evidence.token?.expiresAt, end <= evidence.now else { return nil }
        return LikelyCause(
            .tokenExpired,
            .evident,
            "The token expired at \(end.rfc3339), before the login at \(evidence.now.rfc3339).",
            evidence: [message.quotation],
            advice: "Make a token for each connection, when it is opened. RDS accepts one for 15 minutes."
        )
    }

    private func credentialsEnd(_ message: ServerMessage) -> LikelyCause? {
        guard let token = evidence.token, let end = token.credential?.expiresAt else { return nil }
        let source = "They come from the source \(token.credential?.source.shown ?? "")."
        if end <= evidence.now {
            return LikelyCause(
                .credentialsExpired,
                .evident,
                "The AWS credentials that signed the token ended at \(end.rfc3339), and the token with them.",
                evidence: [message.quotation, source],
                advice: "Get new credentials, such as with `aws sso login`, and connect again."
            )
        }
        // The text may promise more than the credentials hold.
        guard let signed = token.signedAt, end < signed + 900 else { return nil }
        return LikelyCause(
            .credentialsNearExpiry,
            .likely,
            "The AWS credentials that signed the token end at \(end.rfc3339), and the token with them.",
            evidence: [message.quotation, source],
            advice: "Get new credentials, such as with `aws sso login`, and connect again."
        )
    }

    // MARK: Clocks

    private func evidentSkew(_ message: ServerMessage) -> LikelyCause? {
        // AWS accepts signatures from up to five minutes ahead.
        guard let server = evidence.serverDate, evidence.now.timeIntervalSince(server).magnitude > 300
        else { return nil }
        return skew(.evident, [message.quotation])
    }

    private func possibleSkew(_ message: ServerMessage) -> LikelyCause {
        skew(.possible, [message.quotation])
    }

    func skew(_ certainty: LikelyCause.Certainty, _ facts: [String]) -> LikelyCause {
        let now = "This machine's clock says \(evidence.now.rfc3339)"
        let advice = "Set the clock by a time server, such as with `timedatectl set-ntp true`."
        guard let server = evidence.serverDate else {
            let ask = "Compare it with AWS's: `curl -sI https://sts.amazonaws.com | grep -i ^date`. "
            let summary =
                certainty == .evident
                ? "\(now), and by AWS's clock the token is not valid at this time."
                : "\(now), which may differ from AWS's by minutes."
            return LikelyCause(.clockSkew, certainty, summary, evidence: facts, advice: ask + advice)
        }
        let seconds = evidence.now.timeIntervalSince(server)
        let summary = "\(now), which is \(seconds.durationInWords) \(seconds < 0 ? "behind" : "ahead of") AWS's."
        return LikelyCause(.clockSkew, certainty, summary, evidence: facts, advice: advice)
    }

    // MARK: Its origin

    private func replication(_ message: ServerMessage) -> LikelyCause? {
        guard evidence.isReplication else { return nil }
        return LikelyCause(
            .replicationOptIn,
            .likely,
            "The login is for replication, for which RDS takes no tokens unless a parameter says so.",
            evidence: [message.quotation],
            advice: "Set rds.iam_auth_for_replication=1 in the parameter group (PostgreSQL 11 and newer)."
        )
    }

    private func throttling(_ message: ServerMessage) -> LikelyCause? {
        guard let rate = evidence.loginsPerSecond, rate >= 200 else { return nil }
        return throttled(.likely, [message.quotation, "This client makes \(Int(rate)) logins in a second."])
    }

    private func stale(_ message: ServerMessage) -> LikelyCause? {
        guard let changed = evidence.credentialsChangedAt, let signed = evidence.token?.signedAt, changed > signed
        else { return nil }
        return LikelyCause(
            .staleCredentials,
            .likely,
            "The credentials file was changed at \(changed.rfc3339), after the token was signed at \(signed.rfc3339).",
            evidence: [message.quotation],
            advice: "Let the program read the file again: connect once more, or restart it."
        )
    }

    private func shadowed(_ message: ServerMessage) -> LikelyCause? {
        guard let profile = evidence.hiddenProfile else { return nil }
        return LikelyCause(
            .shadowedProfile,
            .likely,
            "The keys in the environment signed the token, not the profile \(profile.shown).",
            evidence: [message.quotation],
            advice: "Unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or name the profile with "
                + "aws_rds_iam_profile."
        )
    }

    // MARK: No token

    private func password(_ message: ServerMessage) -> LikelyCause {
        guard message.state == "28P01" else {
            return LikelyCause(
                .passwordForIAMRole,
                .likely,
                "What was sent is a password, no RDS token, and a member of rds_iam logs in with tokens only.",
                evidence: [message.quotation],
                advice: "Name a generator that makes RDS tokens, such as aws_rds_iam_auth_token_generator=rds, or take "
                    + "the role out of rds_iam: `REVOKE rds_iam FROM \(role)`."
            )
        }
        return LikelyCause(
            .passwordRefused,
            .evident,
            "The server refused the password that the generator returned, or there is no such user (names are "
                + "case-sensitive).",
            evidence: [message.quotation],
            advice: "Compare the user with the one that the password is for."
        )
    }

    /// The user as SQL names it.
    var role: String { evidence.user?.sqlIdentifier ?? "the role" }
}
