import RDSIAMBasics

/// One reason why a login may have failed, with what points to it and what to do about it.
///
/// Nothing in it is secret.
public struct LikelyCause: Sendable, CustomStringConvertible {
    /// How sure it is, from the least to the most.
    public enum Certainty: String, Sendable, Comparable, CustomStringConvertible {
        /// It cannot be ruled out.
        case possible
        /// Something points to it, but the same can be seen without it.
        case likely
        /// What is known leaves hardly another reason.
        case evident

        /// The name, as it stands in reports.
        public var description: String { rawValue }

        private var rank: Int {
            switch self {
            case .possible: 0
            case .likely: 1
            case .evident: 2
            }
        }

        /// Returns whether `left` is less sure than `right`.
        public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
    }

    /// Which reason.
    public let code: Code
    /// How sure it is.
    public let certainty: Certainty
    /// What is wrong, in a sentence.
    public let summary: String
    /// The facts that point to it, each a sentence; empty if there are none.
    public let evidence: [String]
    /// What to do next, in sentences, with the command if there is one.
    public let advice: String

    /// Creates a cause; control characters in its texts become spaces.
    ///
    /// - Parameters:
    ///   - code: Which reason.
    ///   - certainty: How sure it is.
    ///   - summary: What is wrong, in a sentence.
    ///   - evidence: The facts that point to it, each a sentence.
    ///   - advice: What to do next, in sentences.
    package init(
        _ code: Code,
        _ certainty: Certainty,
        _ summary: String,
        evidence: [String] = [],
        advice: String
    ) {
        self.code = code
        self.certainty = certainty
        self.summary = summary.inOneLine
        self.evidence = evidence.map(\.inOneLine)
        self.advice = advice.inOneLine
    }

    /// What is wrong, and what to do.
    public var description: String { "\(summary) \(advice)" }
}

extension LikelyCause {
    /// The reasons; later versions may add more.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The reason's name, as it stands in logs and reports.
        public let description: String

        private init(_ description: String) { self.description = description }
    }
}

// MARK: - The token

extension LikelyCause.Code {
    /// The text that was sent is no whole token any more: cut, escaped twice or not at all, or without its `/`.
    package static let damagedToken = Self("damagedToken")
    /// The token was made for another user than the one who logs in.
    package static let userMismatch = Self("userMismatch")
    /// The token was made for another host or port than the one that is dialed, and no setting says why.
    package static let endpointMismatch = Self("endpointMismatch")
    /// The token is signed for longer than the 15 minutes that RDS accepts.
    package static let tokenLifetime = Self("tokenLifetime")
    /// The token expired before the login.
    package static let tokenExpired = Self("tokenExpired")
    /// The credentials that signed the token ended before the login, and the token with them.
    package static let credentialsExpired = Self("credentialsExpired")
    /// The credentials that signed the token end before it does.
    package static let credentialsNearExpiry = Self("credentialsNearExpiry")
    /// The credentials file changed after the token was signed.
    package static let staleCredentials = Self("staleCredentials")
    /// Keys in the environment hide the profile that is named.
    package static let shadowedProfile = Self("shadowedProfile")
    /// The token was signed for another region than the host's.
    package static let regionMismatch = Self("regionMismatch")
    /// The writer of the Aurora global database is in another region than the one the token was signed for.
    package static let globalRegion = Self("globalRegion")
    /// The token was signed for the near end of a tunnel instead of the endpoint.
    package static let tunnelHost = Self("tunnelHost")
    /// The token was signed for the port of a tunnel instead of the endpoint's.
    package static let tunnelPort = Self("tunnelPort")
    /// The name the token was signed for is none that AWS gives.
    package static let notAnEndpointName = Self("notAnEndpointName")
    /// This machine's clock and AWS's differ.
    package static let clockSkew = Self("clockSkew")
    /// A password was sent for a role that logs in with tokens only.
    package static let passwordForIAMRole = Self("passwordForIAMRole")
    /// The server refused a password that is no token.
    package static let passwordRefused = Self("passwordRefused")
}

// MARK: - Rights

extension LikelyCause.Code {
    /// The IAM identity may not log in as this user.
    package static let missingPermission = Self("missingPermission")
    /// The policy names another kind of resource id than the endpoint needs.
    package static let wrongResourceID = Self("wrongResourceID")
    /// The user's name is written in another case elsewhere.
    package static let userCase = Self("userCase")
    /// IAM authentication is off on the instance or cluster.
    package static let iamDisabled = Self("iamDisabled")
    /// The role is no member of `rds_iam`, or there is no such role: the server asked for a stored password.
    package static let userWithoutRDSIAM = Self("userWithoutRDSIAM")
    /// There is no such role.
    package static let unknownRole = Self("unknownRole")
    /// The role may not log in (`NOLOGIN`).
    package static let loginNotPermitted = Self("loginNotPermitted")
    /// The server's access rules (`pg_hba.conf`) admit no such login.
    package static let accessRule = Self("accessRule")
    /// The role may not replicate.
    package static let replicationRole = Self("replicationRole")
    /// RDS takes no tokens for replication unless a parameter says so.
    package static let replicationOptIn = Self("replicationOptIn")
    /// The server asks for a certificate of the client's.
    package static let clientCertificate = Self("clientCertificate")
    /// The server authenticates with Kerberos, which excludes IAM.
    package static let kerberos = Self("kerberos")
    /// The server refused the login before it asked for the token.
    package static let refusedBeforeToken = Self("refusedBeforeToken")
}

// MARK: - TLS and settings

extension LikelyCause.Code {
    /// The server, or a proxy on the way to it, offers no TLS, or the login came without.
    package static let noTLS = Self("noTLS")
    /// libpq tried again without TLS, and the second refusal hides the first.
    package static let plaintextFallback = Self("plaintextFallback")
    /// The server's certificate does not chain to the roots that are trusted.
    package static let trustRoot = Self("trustRoot")
    /// The file of trusted roots is missing or cannot be read.
    package static let rootFile = Self("rootFile")
    /// `sslrootcert=system` needs a newer libpq.
    package static let systemRootsUnsupported = Self("systemRootsUnsupported")
    /// `sslrootcert=system` goes with `sslmode=verify-full` only.
    package static let weakSSLMode = Self("weakSSLMode")
    /// The certificate has expired, or is not valid yet.
    package static let certificateExpired = Self("certificateExpired")
    /// The certificate is for another name.
    package static let certificateName = Self("certificateName")
    /// The two sides share no version of TLS.
    package static let tlsVersion = Self("tlsVersion")
    /// `channel_binding=require` rules tokens out.
    package static let channelBinding = Self("channelBinding")
    /// `require_auth` rules tokens out.
    package static let requireAuth = Self("requireAuth")
    /// The server asked for a password and none was sent.
    package static let noPassword = Self("noPassword")
    /// A parameter for the session does not exist, or has a value that the server does not accept.
    package static let serverParameter = Self("serverParameter")
    /// The server is none of the kind that `target_session_attrs` asks for.
    package static let sessionAttributes = Self("sessionAttributes")
    /// `hostaddr` is no IP address.
    package static let invalidAddress = Self("invalidAddress")
}

// MARK: - Services in between

extension LikelyCause.Code {
    /// RDS Proxy has no credentials for the role, or does not take tokens for it.
    package static let proxyCredentials = Self("proxyCredentials")
    /// RDS Proxy logs in to the database with a token of its own, which was refused.
    package static let proxyRole = Self("proxyRole")
    /// RDS Proxy does not support the way of logging in that the client chose.
    package static let proxyAuthentication = Self("proxyAuthentication")
    /// Aurora DSQL got a token for the other of its two actions.
    package static let dsqlAction = Self("dsqlAction")
    /// The Aurora DSQL role is not linked with the IAM identity.
    static let dsqlRole = Self("dsqlRole")
    /// More logins in a second than AWS judges.
    package static let throttled = Self("throttled")
    /// The server gave up while it waited for AWS to judge the token.
    package static let serverSideTimeout = Self("serverSideTimeout")
    /// A connection pooler, not the database, refused the login.
    package static let pooler = Self("pooler")
}

// MARK: - No login problem

extension LikelyCause.Code {
    /// The server has no connection slot left.
    package static let tooManyConnections = Self("tooManyConnections")
    /// The login worked, but there is no such database.
    package static let databaseMissing = Self("databaseMissing")
    /// The login worked, but the role may not connect to this database.
    package static let noConnectPrivilege = Self("noConnectPrivilege")
    /// The server starts, stops, wakes up or recovers.
    package static let serverStarting = Self("serverStarting")
    /// Nothing answered in time.
    package static let networkTimeout = Self("networkTimeout")
    /// The endpoint's address is a private one, and nothing answered.
    package static let privateAddress = Self("privateAddress")
    /// Nothing listens on the port.
    package static let portClosed = Self("portClosed")
    /// The host name has no address.
    package static let nameNotResolved = Self("nameNotResolved")
    /// There is no route to the address.
    package static let noRoute = Self("noRoute")
    /// What answered closed the connection without a word.
    package static let connectionClosed = Self("connectionClosed")
    /// What answered is no PostgreSQL server.
    package static let notPostgreSQL = Self("notPostgreSQL")
}
