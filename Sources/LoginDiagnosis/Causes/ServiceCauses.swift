import RDSIAMBasics
import RDSIAMSystem

/// The causes in what stands before a database: RDS Proxy, Aurora DSQL's front, poolers.
extension Diagnosis {
    // MARK: RDS Proxy

    /// RDS Proxy's own refusals, which name the reason (RDS User Guide, "Troubleshooting for RDS Proxy").
    func proxyCause(_ message: ServerMessage) -> LikelyCause? {
        if message.says("RDS proxy has no credentials for the role") { return noProxyCredentials(message) }
        if message.says("RDS supports only IAM") { return proxyAuthentication(message) }
        return nil
    }

    private func noProxyCredentials(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .proxyCredentials,
            .evident,
            "RDS Proxy has no credentials for the role \(evidence.user?.shown ?? "").",
            evidence: [message.quotation],
            advice: "Add a secret with this user name to the proxy, with IAM authentication required: "
                + "`aws rds modify-db-proxy --db-proxy-name NAME --auth "
                + "'[{\"AuthScheme\":\"SECRETS\",\"IAMAuth\":\"REQUIRED\",\"SecretArn\":\"ARN\"}]'`. "
                + "Or let the proxy itself log in with IAM (`--default-auth-scheme IAM_AUTH`)."
        )
    }

    private func proxyAuthentication(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .proxyAuthentication,
            .evident,
            "RDS Proxy does not support the way of logging in that the client chose.",
            evidence: [message.quotation],
            advice: "Send the token as a clear-text password over TLS: leave require_auth and channel_binding unset."
        )
    }

    /// What the proxy says of a token that it, or AWS, did not accept.
    func proxyRefusal(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .proxyCredentials,
            .likely,
            "RDS Proxy took no token for the role \(evidence.user?.shown ?? ""): the proxy's IAM authentication is off "
                + "for it, or the token was refused.",
            evidence: [message.quotation],
            advice: "Look at IAMAuth with `aws rds describe-db-proxies --query 'DBProxies[].[DBProxyName,Auth]'`. "
                + "It must be REQUIRED for this role's secret."
        )
    }

    /// A refusal in the words of the database behind a proxy that logs in with a token of its own.
    func proxyRole(_ message: ServerMessage) -> LikelyCause? {
        guard evidence.endpoint?.kind == .proxy, message.says("PAM authentication failed") else { return nil }
        return LikelyCause(
            .proxyRole,
            .likely,
            "The database behind the RDS Proxy refused the proxy: with end-to-end IAM authentication the proxy's own role "
                + "needs rds-db:connect.",
            evidence: [message.quotation],
            advice: "Allow the role that the proxy runs as rds-db:connect on the database's resource id (db-… or "
                + "cluster-…). The role is printed by `aws rds describe-db-proxies --query 'DBProxies[].RoleArn'`."
        )
    }

    // MARK: Aurora DSQL

    /// The refusals of Aurora DSQL, whose hints name the reason.
    func dsqlCause(_ message: ServerMessage) -> LikelyCause? {
        if message.says("Wrong user to action mapping") { return dsqlAction(message) }
        if message.says("Signature expired") { return signatureExpired(message) }
        if message.says("Signature not yet current") { return skew(.evident, [message.quotation]) }
        if message.says("not authorized to perform: dsql:") { return missingPermission(message, .evident) }
        return nil
    }

    private func signatureExpired(_ message: ServerMessage) -> LikelyCause {
        guard let end = evidence.token?.expiresAt, end > evidence.now else {
            return LikelyCause(
                .tokenExpired,
                .evident,
                "The token expired before the login.",
                evidence: [message.quotation],
                advice: "Make a token for each connection, when it is opened."
            )
        }
        return skew(.evident, [message.quotation, "By this machine's clock the token is valid until \(end.rfc3339)."])
    }

    private func dsqlAction(_ message: ServerMessage) -> LikelyCause {
        let isAdmin = evidence.user?.isBytewiseEqual(to: "admin") ?? message.says("user: admin")
        let signed = evidence.token?.action.map { " It was signed for \($0)." } ?? ""
        return LikelyCause(
            .dsqlAction,
            .evident,
            "The token is for the other of Aurora DSQL's two actions: admin needs DbConnectAdmin, all others DbConnect."
                + signed,
            evidence: [message.quotation],
            advice: isAdmin
                ? "Make the token with `aws dsql generate-db-connect-admin-auth-token`, or with this package for the user "
                    + "admin."
                : "Make the token with `aws dsql generate-db-connect-auth-token`, or with this package for the user who "
                    + "logs in."
        )
    }

    func dsqlRole(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .dsqlRole,
            .possible,
            "The role may not be linked with the IAM identity in Aurora DSQL.",
            evidence: [message.quotation],
            advice:
                "Log in as admin and run `AWS IAM GRANT \(role) TO '\(evidence.identityARN ?? "ROLE-ARN")'`. The links "
                + "are listed by `SELECT * FROM sys.iam_pg_role_mappings`."
        )
    }

    // MARK: Poolers

    /// The refusals in the words of PgBouncer and of other poolers.
    func pooler(_ message: ServerMessage) -> LikelyCause? {
        let isPooler = message.says(
            "server login failed",
            "server_login_retry",
            "bouncer config error",
            "partial pkt in startup phase",
            "no such user",
            "string truncated"
        )
        guard isPooler else { return nil }
        return LikelyCause(
            .pooler,
            .evident,
            "A connection pooler on the way refused the login, not the database.",
            evidence: [message.quotation],
            advice: "Look at the pooler's log and its own login to the database. A pooler that stores passwords cannot "
                + "use tokens, and old ones cut them. Or dial the database's own endpoint."
        )
    }
}

extension ServerMessage {
    /// Whether RDS Proxy refused a token.
    var isProxyRefusal: Bool { says("IAM authentication failed for the role") }
}
