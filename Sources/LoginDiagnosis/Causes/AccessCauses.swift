import RDSIAMBasics

/// The refusals for which no token is judged, and the failures that come after the login.
extension Diagnosis {
    // MARK: Refused by a rule

    /// What the server says before it asks for a password (PostgreSQL, "Client Authentication").
    func accessCause(_ message: ServerMessage) -> LikelyCause? {
        if message.isAboutMissingTLS { return withoutTLS(message) }
        guard isRefusal(message) || message.sqlState == "42501" else { return nil }
        if message.says("replication role", "start WAL sender", "start walsender") { return replicationRole(message) }
        if message.says("pg_hba.conf") {
            // In other languages, the words do not tell.
            return evidence.isTLSInUse == false ? withoutTLS(message) : accessRule(message)
        }
        if message.says("is not permitted to log in") { return notPermitted(message) }
        if message.says("valid client certificate") { return clientCertificate(message) }
        if message.says("GSSAPI authentication failed", "Kerberos") { return kerberos(message) }
        if message.says("role ") && message.says("does not exist") { return unknownRole(message) }
        return nil
    }

    private func withoutTLS(_ message: ServerMessage) -> LikelyCause {
        let mode = evidence.settings["sslmode"]
        let set = mode.map { "sslmode is \($0.value)\($0.source.map { ", from \($0)" } ?? "")." }
        return LikelyCause(
            .noTLS,
            .evident,
            "The login came without TLS, and the server takes tokens over TLS only.",
            evidence: [message.quotation] + [set].compactMap { $0 },
            advice: "Use TLS. " + rootAdvice
        )
    }

    private func accessRule(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .accessRule,
            .evident,
            "The server's access rules (pg_hba.conf) admit no such login; it did not ask for the token.",
            evidence: [message.quotation],
            advice: "Compare address, user, database and TLS with the server's rules: "
                + "`SELECT * FROM pg_hba_file_rules`. On RDS, whose rules are fixed, look for a pooler or another server "
                + "on the way."
        )
    }

    private func notPermitted(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .loginNotPermitted,
            .evident,
            "The role may not log in (NOLOGIN); nothing is wrong with the token.",
            evidence: [message.quotation],
            advice: "Log in as another user and run `ALTER ROLE \(role) LOGIN`."
        )
    }

    private func unknownRole(_ message: ServerMessage) -> LikelyCause {
        let lowercased = evidence.user.flatMap { $0.hasCapitals ? " Try user=\($0.asciiLowercased())." : nil } ?? ""
        return LikelyCause(
            .unknownRole,
            .evident,
            "There is no such role; names are case-sensitive.",
            evidence: [message.quotation],
            advice: "List the roles with `SELECT rolname FROM pg_roles`.\(lowercased)"
        )
    }

    private func clientCertificate(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .clientCertificate,
            .evident,
            "The server asks for a certificate of the client's, which RDS does not.",
            evidence: [message.quotation],
            advice: "Check that \(evidence.dialed) is the database, or set sslcert and sslkey."
        )
    }

    private func kerberos(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .kerberos,
            .likely,
            "The server authenticates this user with Kerberos, which RDS does not combine with IAM.",
            evidence: [message.quotation],
            advice: "Take the role out of rds_ad, or log in with Kerberos: `REVOKE rds_ad FROM \(role)`."
        )
    }

    private func replicationRole(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .replicationRole,
            .evident,
            "The login worked, but the role may not replicate.",
            evidence: [message.quotation],
            advice: "Log in as another user and run `GRANT rds_replication TO \(role)`."
        )
    }

    // MARK: No login problem

    func noLoginProblem(_ message: ServerMessage) -> LikelyCause? {
        switch message.state {
        case "53300": tooManyConnections(message)
        case "53400": throttled(.evident, [message.quotation])
        case "3D000": databaseMissing(message)
        case "42501" where message.says("database"): noConnectPrivilege(message)
        case "57014": serverSideTimeout(message)
        case let state? where state.hasBytePrefix("57P"): serverStarting(message)
        default:
            message.says("canceling authentication due to timeout")
                ? serverSideTimeout(message)
                : message.says("too many competing requests") ? throttled(.evident, [message.quotation]) : nil
        }
    }

    private func tooManyConnections(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .tooManyConnections,
            .evident,
            "The server has no connection left; nothing is wrong with the token.",
            evidence: [message.quotation],
            advice: "Close connections that are not used, use a pool, or raise max_connections. Who has them: "
                + "`SELECT usename, count(*) FROM pg_stat_activity GROUP BY 1`."
        )
    }

    private func databaseMissing(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .databaseMissing,
            .evident,
            "The login worked, but there is no database \(evidence.database?.shown ?? "of this name").",
            evidence: [message.quotation],
            advice: "Set dbname. The databases are listed by `\(listCommand)`."
        )
    }

    /// Lists the databases, in one that each server has.
    private var listCommand: String {
        let host = evidence.host?.plainWord ?? "HOST"
        let port = evidence.port.flatMap { $0 == 5432 ? nil : " -p \($0)" } ?? ""
        return "rds-iam psql -h \(host)\(port) -U \(evidence.user?.plainWord ?? "USER") -d postgres -- -l"
    }

    private func noConnectPrivilege(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .noConnectPrivilege,
            .evident,
            "The login worked, but the role may not connect to this database.",
            evidence: [message.quotation],
            advice: "Log in as its owner and run `GRANT CONNECT ON DATABASE "
                + "\(evidence.database?.sqlIdentifier ?? "the database") TO \(role)`."
        )
    }

    private func serverStarting(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .serverStarting,
            .evident,
            "The server starts, stops, wakes up or recovers; nothing is wrong with the token.",
            evidence: [message.quotation],
            advice: "Connect again in a few seconds."
        )
    }

    private func serverSideTimeout(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .serverSideTimeout,
            .likely,
            "The server gave up while it waited for AWS to judge the token.",
            evidence: [message.quotation],
            advice:
                "Connect again, with a growing and random pause in between. If it stays, look at FreeableMemory: IAM "
                + "authentication needs 300 to 1000 MiB."
        )
    }

    func throttled(_ certainty: LikelyCause.Certainty, _ facts: [String]) -> LikelyCause {
        LikelyCause(
            .throttled,
            certainty,
            "There are more logins in a second than the service takes; RDS judges about 200 new tokens.",
            evidence: facts,
            advice: "Use a pool, reuse a token while it is valid, and connect again with a growing and random pause."
        )
    }
}
