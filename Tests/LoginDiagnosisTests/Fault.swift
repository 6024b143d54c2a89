import AuthTokens
import RDSIAMSystem
import Testing

@testable import LoginDiagnosis

/// One fault: what a client sees of it, and the cause that must come first.
struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: LikelyCause.Code
    let certainty: LikelyCause.Certainty
    let evidence: LoginEvidence

    init(
        _ name: String,
        _ code: LikelyCause.Code,
        certainty: LikelyCause.Certainty = .evident,
        _ text: String,
        state: String? = nil,
        hint: String? = nil,
        _ change: (inout LoginEvidence) -> Void = { _ in }
    ) {
        (testDescription, self.code, self.certainty) = (name, code, certainty)
        var evidence = LoginEvidence.ordinary
        evidence.messages = [ServerMessage(text, sqlState: state, severity: state.map { _ in "FATAL" }, hint: hint)]
        change(&evidence)
        self.evidence = evidence
    }
}

extension LoginEvidence {
    static let noon = Date(timeIntervalSince1970: 1_790_000_000)
    static let endpointName = "db.cluster-abcdefghijkl.eu-west-2.rds.amazonaws.com"

    /// A login with a token in which nothing is wrong.
    static var ordinary: LoginEvidence {
        var evidence = LoginEvidence(now: noon)
        evidence.host = endpointName
        evidence.port = 5432
        evidence.user = "andrew"
        evidence.database = "blog"
        evidence.passwordWasUsed = true
        evidence.token = TokenFacts(reading: token())
        return evidence
    }

    static func token(
        host: String = endpointName,
        port: Int = 5432,
        user: String = "andrew",
        region: String = "eu-west-2",
        expires: Int = 900,
        date: String = "20260921T141300Z"
    ) -> String {
        "\(host):\(port)/?Action=connect&DBUser=\(user)&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
            + "AKIAEXAMPLE%2F20260921%2F\(region)%2Frds-db%2Faws4_request&X-Amz-Date=\(date)&X-Amz-Expires=\(expires)"
            + "&X-Amz-SignedHeaders=host&X-Amz-Security-Token=SECRETSESSION&X-Amz-Signature="
            + String(repeating: "5ec7e7a1", count: 8)
    }
}

/// What RDS says of every token that it refuses.
let pam = #"PAM authentication failed for user "andrew""#

extension Fault {
    static let all = tokens + rights + access + tls + services + others + session + network

    static let tokens = [
        Fault("policy lacks rds-db:connect (1)", .missingPermission, certainty: .likely, pam, state: "28000"),
        Fault("token too old (7)", .tokenExpired, pam, state: "28000") {
            $0.token = TokenFacts(reading: LoginEvidence.token(date: "20260921T131300Z"))
        },
        Fault("credentials ended (8)", .credentialsExpired, pam, state: "28000") {
            $0.token?.credential = CredentialIdentity(source: "sso", expiresAt: LoginEvidence.noon - 1)
        },
        Fault("credentials end before the token (8)", .credentialsNearExpiry, certainty: .likely, pam, state: "28000") {
            $0.token?.credential = CredentialIdentity(source: "sso", expiresAt: LoginEvidence.noon + 60)
        },
        Fault("old copy of the credentials file (9)", .staleCredentials, certainty: .likely, pam, state: "28000") {
            $0.credentialsChangedAt = LoginEvidence.noon
        },
        Fault("signed for more than 900 seconds (10)", .tokenLifetime, pam, state: "28000") {
            $0.token = TokenFacts(reading: LoginEvidence.token(expires: 3600))
        },
        Fault("wrong region (11)", .regionMismatch, pam, state: "28000") {
            $0.token = TokenFacts(reading: LoginEvidence.token(region: "us-east-1"))
        },
        Fault("global database, no writer known (12)", .globalRegion, certainty: .likely, pam, state: "28000") {
            let name = "db.global-abcdefghijkl.global.rds.amazonaws.com"
            $0.host = name
            $0.token = TokenFacts(reading: LoginEvidence.token(host: name))
        },
        Fault("global database failed over (12)", .globalRegion, pam, state: "28000") {
            let name = "db.global-abcdefghijkl.global.rds.amazonaws.com"
            $0.host = name
            $0.canonicalName = "db.cluster-mnopqrstuvwx.us-west-2.rds.amazonaws.com"
            $0.token = TokenFacts(reading: LoginEvidence.token(host: name))
        },
        Fault("signed for localhost (13)", .tunnelHost, pam, state: "28000") {
            $0.host = "localhost"
            $0.token = TokenFacts(reading: LoginEvidence.token(host: "localhost"))
        },
        Fault("alias (14)", .notAnEndpointName, pam, state: "28000") {
            $0.host = "db.example.com"
            $0.token = TokenFacts(reading: LoginEvidence.token(host: "db.example.com"))
        },
        Fault("tunnel's port, host override (15)", .tunnelPort, pam, state: "28000") {
            ($0.host, $0.port) = ("bastion.example.com", 6543)
            $0.settings["aws_rds_iam_host"] = .init(LoginEvidence.endpointName)
            $0.token = TokenFacts(reading: LoginEvidence.token(port: 6543))
        },
        Fault("tunnel's port, hostaddr (15)", .tunnelPort, certainty: .likely, pam, state: "28000") {
            ($0.address, $0.port) = ("127.0.0.1", 6543)
            $0.settings["hostaddr"] = .init("127.0.0.1")
            $0.token = TokenFacts(reading: LoginEvidence.token(port: 6543))
        },
        Fault("port of another endpoint (15)", .endpointMismatch, pam, state: "28000") { $0.port = 5433 },
        Fault("token cut (16)", .damagedToken, pam, state: "28000") {
            $0.token = TokenFacts(reading: String(LoginEvidence.token().prefix(300)))
        },
        Fault("token escaped twice (16)", .damagedToken, pam, state: "28000") {
            $0.token = TokenFacts(reading: LoginEvidence.token().replacing("%2F", with: "%252F"))
        },
        Fault("line end at the token's end (16)", .damagedToken, pam, state: "28000") {
            $0.token = TokenFacts(reading: LoginEvidence.token() + "\n")
        },
        Fault("no / before the question mark (17)", .damagedToken, pam, state: "28000") {
            $0.token = TokenFacts(reading: LoginEvidence.token().replacing("/?", with: "?"))
        },
        Fault("another user in the token (18)", .userMismatch, pam, state: "28000") { $0.user = "bert" },
        Fault("another user, to Unicode the same (18)", .userMismatch, pam, state: "28000") {
            $0.user = "caf\u{E9}"
            $0.token = TokenFacts(reading: LoginEvidence.token(user: "cafe%CC%81"))
        },
        Fault("throttled (28)", .throttled, certainty: .likely, pam, state: "28000") { $0.loginsPerSecond = 500 },
        Fault("environment hides the profile (38)", .shadowedProfile, certainty: .likely, pam, state: "28000") {
            $0.hiddenProfile = "dev"
        },
        Fault("clock 20 minutes behind (39)", .clockSkew, pam, state: "28000") {
            $0.serverDate = LoginEvidence.noon + 1200
        },
        Fault("replication (42)", .replicationOptIn, certainty: .likely, pam, state: "28000") {
            $0.isReplication = true
        },
        Fault("no token, but a password (6)", .passwordForIAMRole, certainty: .likely, pam, state: "28000") {
            $0.token = TokenFacts(reading: "a stored password")
        },
    ]

    static let rights = [
        Fault(
            "no rds_iam, or no such user (5)",
            .userWithoutRDSIAM,
            #"password authentication failed for user "andrew""#,
            state: "28P01"
        ),
        Fault(
            "other case (3)",
            .userCase,
            certainty: .likely,
            #"password authentication failed for user "Andrew""#,
            state: "28P01"
        ) {
            $0.user = "Andrew"
        },
        Fault(
            "password of another generator",
            .passwordRefused,
            #"password authentication failed for user "andrew""#,
            state: "28P01"
        ) { $0.token = TokenFacts(reading: "a stored password") },
    ]

    static let access = [
        Fault(
            "no entry in pg_hba.conf",
            .accessRule,
            #"no pg_hba.conf entry for host "10.0.0.1", user "andrew", database "blog", SSL encryption"#,
            state: "28000"
        ) { $0.passwordWasUsed = false },
        Fault(
            "no TLS, as of version 12 (19)",
            .noTLS,
            #"no pg_hba.conf entry for host "10.0.0.1", user "andrew", database "blog", no encryption"#,
            state: "28000"
        ) { $0.passwordWasUsed = false },
        Fault(
            "no TLS, before version 12 (19)",
            .noTLS,
            #"no pg_hba.conf entry for host "10.0.0.1", user "andrew", database "blog", SSL off"#,
            state: "28000"
        ) { $0.passwordWasUsed = false },
        Fault("NOLOGIN", .loginNotPermitted, #"role "andrew" is not permitted to log in"#, state: "28000") {
            $0.passwordWasUsed = false
        },
        Fault("unknown role", .unknownRole, #"role "andrew" does not exist"#, state: "28000") {
            $0.passwordWasUsed = false
        },
        Fault("unknown words, no token judged", .refusedBeforeToken, "access denied by a hook", state: "28000") {
            $0.passwordWasUsed = false
        },
        Fault(
            "client certificate",
            .clientCertificate,
            "connection requires a valid client certificate",
            state: "28000"
        ) {
            $0.passwordWasUsed = false
        },
        Fault(
            "Kerberos (43)",
            .kerberos,
            certainty: .likely,
            #"GSSAPI authentication failed for user "andrew""#,
            state: "28000"
        ),
        Fault(
            "replication not allowed",
            .replicationRole,
            "must be superuser or replication role to start walsender",
            state: "42501"
        ) { $0.isReplication = true },
    ]

    static let tls = [
        Fault("server without TLS", .noTLS, "server does not support SSL, but SSL was required"),
        Fault("system's roots for an RDS cluster (21)", .trustRoot, "SSL error: certificate verify failed") {
            $0.settings["sslrootcert"] = .init("/etc/ssl/certs/ca-certificates.crt")
        },
        Fault("RDS bundle for RDS Proxy (22)", .trustRoot, "SSL error: certificate verify failed") {
            $0.host = "p.proxy-abcdefghijkl.eu-west-2.rds.amazonaws.com"
            $0.settings["sslrootcert"] = .init("/ca/global-bundle.pem")
        },
        Fault("unknown roots", .trustRoot, certainty: .likely, "SSL error: certificate verify failed"),
        Fault("expired certificate", .certificateExpired, "SSL error: certificate verify failed") {
            $0.certificate = .init(notAfter: LoginEvidence.noon - 1)
        },
        Fault(
            "root file missing (23)",
            .rootFile,
            #"root certificate file "/home/a/.postgresql/root.crt" does not exist"#
        ),
        Fault("system's roots, old libpq", .systemRootsUnsupported, #"root certificate file "system" does not exist"#),
        Fault(
            "weak mode with the system's roots (24)",
            .weakSSLMode,
            #"weak sslmode "require" may not be used with sslrootcert=system (use "verify-full")"#
        ),
        Fault(
            "certificate's name through a tunnel (25)",
            .tunnelHost,
            #"server certificate for "x" (and 1 other name) does not match host name "localhost""#
        ) { $0.host = "localhost" },
        Fault(
            "certificate of another name",
            .certificateName,
            #"server certificate for "x" does not match host name "db.example.com""#
        ) { $0.host = "db.example.com" },
        Fault(
            "channel binding (26)",
            .channelBinding,
            "channel binding required but not supported by server's authentication request"
        ),
        Fault(
            "require_auth (27)",
            .requireAuth,
            #"authentication method requirement "scram-sha-256" failed: server requested a cleartext password"#
        ),
        Fault("no password", .noPassword, "fe_sendauth: no password supplied"),
        Fault("no common version of TLS", .tlsVersion, "SSL error: tlsv1 alert protocol version"),
    ]

    static let services = [
        Fault(
            "RDS Proxy without credentials (45)",
            .proxyCredentials,
            "This RDS proxy has no credentials for the role andrew. Check the credentials for this role and try again.",
            state: "28P01"
        ) { $0.passwordWasUsed = false },
        Fault(
            "RDS Proxy refuses the token (45)",
            .proxyCredentials,
            certainty: .likely,
            "IAM authentication failed for the role andrew. Check the IAM token for this role and try again.",
            state: "28P01"
        ) {
            $0.host = "p.proxy-abcdefghijkl.eu-west-2.rds.amazonaws.com"
            $0.token?.signingHost = $0.host
        },
        Fault(
            "RDS Proxy, expired token (7)",
            .tokenExpired,
            "IAM authentication failed for the role andrew. Check the IAM token for this role and try again.",
            state: "28P01"
        ) { $0.token = TokenFacts(reading: LoginEvidence.token(date: "20260921T131300Z")) },
        Fault("RDS Proxy requires TLS (46)", .noTLS, "This RDS Proxy requires TLS connections.", state: "28000") {
            $0.passwordWasUsed = false
        },
        Fault("RDS Proxy, IAM without TLS (46)", .noTLS, "IAM is allowed only with SSL connections.", state: "28000"),
        Fault(
            "RDS Proxy, other authentication (47)",
            .proxyAuthentication,
            "RDS supports only IAM, MD5, or SCRAM authentication.",
            state: "28000"
        ),
        Fault("RDS Proxy's own role (48)", .proxyRole, certainty: .likely, pam, state: "28000") {
            $0.host = "p.proxy-abcdefghijkl.eu-west-2.rds.amazonaws.com"
            $0.token?.signingHost = $0.host
        },
        Fault(
            "DSQL, wrong action (49)",
            .dsqlAction,
            "unable to accept connection, access denied",
            state: "28000",
            hint: "Wrong user to action mapping. user: admin, action: DbConnect"
        ) { $0.user = "admin" },
        Fault(
            "DSQL, clock behind (39)",
            .clockSkew,
            "unable to accept connection, access denied",
            state: "28000",
            hint: "Signature expired: 20260921T131300Z is now earlier than 20260921T141300Z"
        ),
        Fault(
            "DSQL, clock ahead (39)",
            .clockSkew,
            "unable to accept connection, access denied",
            state: "28000",
            hint: "Signature not yet current: 20260921T151300Z is still later than 20260921T141300Z"
        ),
        Fault("DSQL, waking up (50)", .serverStarting, "waking up cluster, please retry later", state: "57P03"),
        Fault("DSQL, rate (50)", .throttled, "unable to accept connection, rate exceeded", state: "53400"),
        Fault(
            "throttled, in words (28)",
            .throttled,
            "The IAM authentication failed because of too many competing requests.",
            state: "28000"
        ),
        Fault(
            "PgBouncer (51)",
            .pooler,
            "server login failed: FATAL PAM authentication failed for user",
            state: "08P01"
        ),
        Fault("PgBouncer, long token (51)", .pooler, "client sent partial pkt in startup phase"),
    ]

    static let others = [
        Fault(
            "slots full (40)",
            .tooManyConnections,
            "remaining connection slots are reserved for non-replication superuser connections",
            state: "53300"
        ),
        Fault("database missing (41)", .databaseMissing, #"database "blog" does not exist"#, state: "3D000"),
        Fault("no CONNECT (41)", .noConnectPrivilege, #"permission denied for database "blog""#, state: "42501"),
        Fault(
            "AWS is slow (29)",
            .serverSideTimeout,
            certainty: .likely,
            "canceling authentication due to timeout",
            state: "57014"
        ),
        Fault("starting", .serverStarting, "the database system is starting up", state: "57P03"),
    ]

    static let session = [
        parameter("unknown parameter", #"unrecognized configuration parameter "nope""#, "42704", "-c nope=1"),
        parameter(
            "value",
            #"invalid value for parameter "statement_timeout": "5x""#,
            "22023",
            "-c statement_timeout=5x"
        ),
        parameter("value of two", #"parameter "geqo" requires a Boolean value"#, "22023", "-c geqo=x"),
        parameter("no right", #"permission denied to set parameter "log_statement""#, "42501", "-c log_statement=all"),
        parameter(
            "set at the start",
            #"parameter "max_connections" cannot be changed without restarting the server"#,
            "55P02",
            "-c max_connections=1"
        ),
        parameter("no option", "invalid command-line argument for server process: nope", "42601", "nope"),
        attributes("session is read-only", "read-write"), attributes("session is not read-only", "read-only"),
        attributes("server is in hot standby mode", "primary"),
        attributes("server is not in hot standby mode", "standby"),
    ]

    private static func parameter(_ name: String, _ text: String, _ state: String, _ options: String) -> Fault {
        Fault(name, .serverParameter, text, state: state) { $0.settings["options"] = .init(options, from: "PGOPTIONS") }
    }

    private static func attributes(_ text: String, _ value: String) -> Fault {
        Fault(text, .sessionAttributes, text) {
            $0.settings["target_session_attrs"] = .init(value, from: "PGTARGETSESSIONATTRS")
            $0.passwordWasUsed = true
        }
    }

    static let network = [
        Fault("security group (31)", .networkTimeout, certainty: .likely, "connection timed out") {
            ($0.address, $0.passwordWasUsed) = ("198.51.100.7", false)
        },
        Fault("private address (33)", .privateAddress, certainty: .likely, "timeout expired") {
            ($0.address, $0.passwordWasUsed) = ("10.1.2.3", false)
        },
        Fault("port closed (32)", .portClosed, "Connection refused"),
        Fault("unknown name (33)", .nameNotResolved, #"could not translate host name "db" to address: unknown"#),
        Fault("no route (34)", .noRoute, "Network is unreachable"),
        Fault("address cut short", .invalidAddress, #"could not parse network address "1.2.3": Name not known"#),
        Fault("tunnel to nowhere", .connectionClosed, certainty: .likely, "server closed the connection unexpectedly"),
        Fault("another protocol", .notPostgreSQL, "received invalid response to SSL negotiation: H"),
    ]
}
