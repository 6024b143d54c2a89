public import RDSIAMSystem

/// What a client knows of a failed login.
///
/// A client fills in what it has and leaves the rest; ``likelyCauses`` judges what is there. Nothing in it is secret
/// if the words in ``messages`` are not: those of a server that may repeat a password must be cleaned before.
public struct LoginEvidence: Sendable {
    // MARK: What the server said

    /// What the server, libpq or another client library said, in order.
    public var messages: [ServerMessage] = []
    /// Whether the server asked for the password, and got it (libpq, `PQconnectionUsedPassword`); `false` if no token
    /// was judged.
    public var passwordWasUsed: Bool?
    /// Whether the connection had TLS when the login failed.
    public var isTLSInUse: Bool?
    /// The version of TLS, such as `TLSv1.3`.
    package var tlsVersion: String?
    /// What is known of the server's certificate.
    package var certificate: ServerCertificate?

    // MARK: What was asked for

    /// The server's name as it stands in the connection string.
    public var host: String?
    /// The numeric address that was dialed.
    package var address: String?
    /// The port that was dialed.
    public var port: Int?
    /// The user who logs in.
    public var user: String?
    /// The database.
    public var database: String?
    /// Whether the login is for replication.
    package var isReplication = false
    /// What is known of the token that was sent, or `nil` if none was made.
    public var token: TokenFacts?
    /// The settings of the connection, by keyword: libpq's, such as `sslmode`, and the generators', such as
    /// `aws_rds_iam_port`.
    package var settings: [String: Setting] = [:]
    /// The version of libpq, such as 150018 (`PQlibVersion`), or `nil` if the client is another.
    package var libpqVersion: Int?
    /// The kinds of root certificates in the file that is trusted, if the client has looked
    /// (``TrustRoots/found(inPEM:)``).
    package var trustedRoots: Set<TrustRoots>?

    // MARK: What else is known

    /// This machine's time.
    public var now: Date
    /// AWS's time at ``now``, such as that of a reply's `Date` header.
    public var serverDate: Date?
    /// The name that ``host`` is an alias of (DNS, `CNAME`).
    public var canonicalName: String?
    /// The ARN of the IAM identity that signed (STS, `GetCallerIdentity`).
    package var identityARN: String?
    /// The account number to show in a policy's resource; `nil` for a blank.
    package var accountID: String?
    /// The name of the profile that keys in the environment hide.
    package var hiddenProfile: String?
    /// When the file with the credentials was last changed.
    package var credentialsChangedAt: Date?
    /// How many logins with new tokens this client makes in a second.
    package var loginsPerSecond: Double?

    /// Creates evidence with nothing in it but the time.
    public init(now: Date = Date()) {
        self.now = now
    }

    /// A setting of the connection.
    package struct Setting: Sendable {
        /// Its value.
        package var value: String
        /// What it comes from, such as `the connection string`, `PGSSLMODE` or `the service file`; `nil` if that is
        /// not known.
        package var source: String?

        /// Creates a setting.
        package init(_ value: String, from source: String? = nil) {
            self.value = value
            self.source = source
        }
    }

    /// What is known of a server's certificate.
    package struct ServerCertificate: Sendable {
        /// The issuer's name, or better that of the chain's root, such as `CN=Amazon RDS eu-west-2 Root CA RSA2048 G1`.
        package var issuer: String?
        /// When it begins to be valid.
        package var notBefore: Date?
        /// When it ends to be valid.
        package var notAfter: Date?

        /// Creates a certificate's facts.
        package init(issuer: String? = nil, notBefore: Date? = nil, notAfter: Date? = nil) {
            self.issuer = issuer
            self.notBefore = notBefore
            self.notAfter = notAfter
        }
    }
}

extension LoginEvidence {
    /// Why the login may have failed, most probable reason first; empty if nothing can be said.
    public var likelyCauses: [LikelyCause] { Diagnosis(self).causes }

    /// Whether the server judged the token and refused it, as far as its words say.
    ///
    /// `false` for a refusal that has another reason, such as a role that may not log in, a missing entry in
    /// `pg_hba.conf`, or a limit: a new token would be refused alike.
    package var isRefusalOfToken: Bool { Diagnosis(self).isRefusalOfToken }

    /// What the host's name says about the endpoint, or `nil` without a host.
    ///
    /// The name is that which tokens are signed for: `aws_rds_iam_host`, or else what the host is an alias of, or else
    /// the host.
    package var endpoint: DatabaseEndpoint? {
        let names = [
            signingHostSetting, canonicalName.flatMap { DatabaseEndpoint($0).isAWS ? $0 : nil }, host, address,
        ]
        return names.compactMap { $0 }.first.map { DatabaseEndpoint($0, certificateIssuer: certificate?.issuer) }
    }

    /// The value of a setting, or `nil` if it is unset or empty.
    func setting(_ keyword: String) -> String? {
        settings[keyword].flatMap { $0.value.isEmpty ? nil : $0.value }
    }
}
