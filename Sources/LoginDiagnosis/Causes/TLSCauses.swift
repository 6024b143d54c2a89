import RDSIAMBasics
import RDSIAMSystem

/// The causes in TLS, in certificates, and in the settings that rule a token out.
extension Diagnosis {
    /// What libpq refuses because of a setting.
    func settingsCause(_ message: ServerMessage) -> LikelyCause? {
        if message.says("channel binding required") { return channelBinding(message) }
        if message.says("authentication method requirement") { return requireAuth(message) }
        if message.says("no password supplied") { return noPassword(message) }
        if message.says("weak sslmode") { return weakMode(message) }
        if message.says("root certificate file") { return rootFile(message) }
        return nil
    }

    private func channelBinding(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .channelBinding,
            .evident,
            "The setting channel_binding=require rules tokens out: a token is a clear-text password inside TLS.",
            evidence: [message.quotation] + origin(of: "channel_binding"),
            advice: "Leave channel_binding unset, or set it to prefer. sslmode=verify-full protects the token."
        )
    }

    private func requireAuth(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .requireAuth,
            .evident,
            "The setting require_auth rules tokens out: the server asks for them as a clear-text password inside TLS.",
            evidence: [message.quotation] + origin(of: "require_auth"),
            advice: "Leave require_auth unset, or set it to password."
        )
    }

    /// Where a setting comes from, as a fact; empty if that is not known.
    func origin(of keyword: String) -> [String] {
        guard let setting = evidence.settings[keyword], let source = setting.source else { return [] }
        return ["\(keyword)=\(setting.value) comes from \(source)."]
    }

    private func noPassword(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .noPassword,
            .evident,
            "The server asked for a password, and none was sent.",
            evidence: [message.quotation],
            advice: "Name a generator with aws_rds_iam_auth_token_generator, or send a token as the password."
        )
    }

    private func weakMode(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .weakSSLMode,
            .evident,
            "sslrootcert=system goes with sslmode=verify-full only.",
            evidence: [message.quotation] + origin(of: "sslmode"),
            advice: "Set sslmode=verify-full."
        )
    }

    // MARK: Roots

    private func rootFile(_ message: ServerMessage) -> LikelyCause {
        let asksForSystem = evidence.setting("sslrootcert") == "system" || message.text.containsBytes("\"system\"")
        guard asksForSystem else {
            return LikelyCause(
                .rootFile,
                .evident,
                "The file of trusted root certificates is missing or cannot be read.",
                evidence: [message.quotation] + origin(of: "sslrootcert"),
                advice: rootAdvice
            )
        }
        return LikelyCause(
            .systemRootsUnsupported,
            .evident,
            "sslrootcert=system needs libpq 16 or newer; older ones look for a file of this name.",
            evidence: [message.quotation] + libpqInWords,
            advice: rootAdvice
        )
    }

    private var libpqInWords: [String] {
        evidence.libpqVersion.map { ["libpq \($0 / 10_000).\($0 % 10_000) is loaded."] } ?? []
    }

    /// Which roots the endpoint needs, and how to trust them.
    var rootAdvice: String { TrustRoots.advice(for: evidence.endpoint, libpqVersion: evidence.libpqVersion) }

    func chainCause(_ message: ServerMessage) -> LikelyCause {
        if message.says("certificate has expired") || (evidence.certificate?.notAfter ?? .distantFuture) <= evidence.now
        {
            return expiredCertificate(message)
        }
        if (evidence.certificate?.notBefore ?? .distantPast) > evidence.now {
            return skew(.evident, [message.quotation])
        }
        let needed = evidence.endpoint?.roots
        let isWrongKind = needed.flatMap { needed in evidence.trusted.map { !$0.contains(needed) } } ?? false
        let trusted = evidence.setting("sslrootcert").map { "Trusted are the roots in \($0.shown)." }
        let issuer = evidence.certificate?.issuer.map { "The certificate's issuer is \($0.shown)." }
        return LikelyCause(
            .trustRoot,
            isWrongKind ? .evident : .likely,
            isWrongKind
                ? "The trusted roots are of the wrong kind for this endpoint, which needs \(needed?.description ?? "others")."
                : "The server's certificate chains to none of the trusted roots.",
            evidence: [message.quotation] + [trusted, issuer].compactMap { $0 },
            advice: rootAdvice
        )
    }

    private func expiredCertificate(_ message: ServerMessage) -> LikelyCause {
        let end = evidence.certificate?.notAfter.map { " at \($0.rfc3339)" } ?? ""
        return LikelyCause(
            .certificateExpired,
            .evident,
            "The server's certificate, or its authority's, expired\(end) by this machine's clock.",
            evidence: [message.quotation],
            advice: "Check the clock (\(evidence.now.rfc3339)). On RDS, renew the certificate with `aws rds "
                + "modify-db-instance --db-instance-identifier INSTANCE --ca-certificate-identifier rds-ca-rsa2048-g1 "
                + "--apply-immediately`."
        )
    }

    func nameCause(_ message: ServerMessage) -> LikelyCause {
        let kind = evidence.host.map { DatabaseEndpoint($0).kind }
        guard kind == .loopback || kind == .address else {
            return LikelyCause(
                .certificateName,
                .evident,
                "The server's certificate is for another name than \(evidence.host?.shown ?? "the host").",
                evidence: [message.quotation],
                advice:
                    "Set host to the endpoint's own name, which the certificate bears, and hostaddr to the address to "
                    + "dial if it is another."
            )
        }
        return LikelyCause(
            .tunnelHost,
            .evident,
            "The host \(evidence.host?.shown ?? "") is the near end of a tunnel; the certificate bears the database's name.",
            evidence: [message.quotation],
            advice: tunnelAdvice
        )
    }

    func noTLSOffered(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .noTLS,
            .evident,
            "What answers at \(evidence.dialed) offers no TLS, and RDS always does; no token was sent.",
            evidence: [message.quotation],
            advice:
                "Check that the address leads to the database itself. A pooler or a tunnel on the way must pass TLS "
                + "through."
        )
    }
}

extension LoginEvidence {
    /// The kinds of roots that are trusted, from the file's content or else from its name, or `nil` if neither tells.
    fileprivate var trusted: Set<TrustRoots>? {
        if let trustedRoots { return trustedRoots }
        guard let file = setting("sslrootcert")?.asciiLowercased() else { return nil }
        if file.isBytewiseEqual(to: "system")
            || ["ca-certificates", "ca-bundle", "/cert.pem"].contains(where: file.containsBytes)
        {
            return [.amazonPublic]
        }
        return ["-bundle.pem", "rds-ca-", "rds-combined-ca"].contains(where: file.containsBytes) ? [.rdsBundle] : nil
    }
}
