import RDSIAMBasics
import RDSIAMSystem

/// Finds the causes in the evidence of a failed login.
///
/// The first message counts: if libpq has tried again without TLS, the second refusal says nothing about the first.
/// The words decide which of the families of causes applies; within it, the facts decide.
struct Diagnosis {
    let evidence: LoginEvidence

    init(_ evidence: LoginEvidence) { self.evidence = evidence }

    /// All causes, the surest first; those as sure as each other in the order in which they are found.
    var causes: [LikelyCause] {
        let found = causesOfFirstMessage + [plaintextFallback].compactMap { $0 }
        let ranked = found.indices.sorted { left, right in
            found[left].certainty == found[right].certainty
                ? left < right : found[left].certainty > found[right].certainty
        }
        return ranked.map { found[$0] }
    }

    /// Whether the server refused what was sent as the password, as far as is known.
    var isRefusalOfToken: Bool {
        guard let message, isJudged, isRefusal(message) || message.isProxyRefusal else { return false }
        return settled(message).map { Self.aboutTokens.contains($0.code) } ?? true
    }

    /// The causes that a server names in its words and that are about what it was sent.
    private static let aboutTokens: [LikelyCause.Code] = [.tokenExpired, .clockSkew, .missingPermission, .dsqlAction]

    private var causesOfFirstMessage: [LikelyCause] {
        guard let message else { return [] }
        if let cause = settled(message) { return [cause] }
        if message.state == nil || message.isOfLibrary { return libraryCauses(message) }
        if isJudged { return judgedCauses(message) }
        return isRefusal(message) ? [refusedBeforeToken(message)] : []
    }

    /// The message that counts.
    var message: ServerMessage? { evidence.messages.first }

    /// The families whose words leave no other reason.
    private func settled(_ message: ServerMessage) -> LikelyCause? {
        pooler(message) ?? settingsCause(message) ?? sessionCause(message) ?? proxyCause(message) ?? dsqlCause(message)
            ?? noLoginProblem(message) ?? accessCause(message)
    }

    /// Whether the server had the token, as far as is known.
    private var isJudged: Bool { evidence.passwordWasUsed != false }

    /// Whether the server refused the login (SQLSTATE class 28).
    func isRefusal(_ message: ServerMessage) -> Bool { message.state?.hasBytePrefix("28") ?? false }

    private func refusedBeforeToken(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .refusedBeforeToken,
            .evident,
            "The server refused the login before it asked for the token, so nothing is wrong with the token.",
            evidence: [message.quotation],
            advice: "Go by the server's words; its log says more."
        )
    }

    /// What follows from a second refusal, without TLS.
    private var plaintextFallback: LikelyCause? {
        guard evidence.messages.count > 1, let last = evidence.messages.last, last.isAboutMissingTLS,
            let message, !message.isAboutMissingTLS
        else { return nil }
        return LikelyCause(
            .plaintextFallback,
            .evident,
            "The client tried once more without TLS, and the server's second refusal hides the first, which counts.",
            evidence: [message.quotation, last.quotation],
            advice: "Set sslmode=verify-full, so that nothing is tried without TLS. "
                + "With sslmode=prefer the token could be sent in clear."
        )
    }
}

extension ServerMessage {
    /// Whether the server refused a login without TLS, in the words of all versions of PostgreSQL.
    ///
    /// RDS Proxy says it in words of its own.
    var isAboutMissingTLS: Bool {
        (says("pg_hba.conf") && says("no encryption", "SSL off"))
            || says("requires TLS connections", "only with SSL connections")
    }

    /// Whether the words are those of a client library, whatever SQLSTATE it gives them.
    fileprivate var isOfLibrary: Bool { sqlState?.hasBytePrefix("08") ?? false }
}
