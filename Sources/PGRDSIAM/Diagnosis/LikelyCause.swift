/// One reason why a server may have refused a login, with what to do about it.
public struct LikelyCause: Sendable, Hashable, CustomStringConvertible {
    /// The reasons.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The reason's name, as it stands in logs.
        public let description: String

        /// The server, or a proxy on the way to it, offers no TLS.
        public static let noTLS = Code(description: "noTLS")
        /// The role is no member of `rds_iam`: the server asked for a password.
        public static let userWithoutRDSIAM = Code(description: "userWithoutRDSIAM")
        /// The token, or the credentials that signed it, ended before the login.
        public static let tokenExpired = Code(description: "tokenExpired")
        /// The credentials were about to end.
        public static let credentialsNearExpiry = Code(description: "credentialsNearExpiry")
        /// The token was signed for another region than the host's.
        public static let regionMismatch = Code(description: "regionMismatch")
        /// The name the token was signed for is none that RDS gives.
        public static let notAnEndpointName = Code(description: "notAnEndpointName")
        /// This machine's clock and the server's differ.
        public static let clockSkew = Code(description: "clockSkew")
        /// The IAM identity may not `rds-db:connect` as this user.
        public static let missingPermission = Code(description: "missingPermission")
    }

    /// Which reason.
    public let code: Code
    /// Whether facts point to it; `false` if it can only not be ruled out.
    public let isEvident: Bool
    /// What to look at or change.
    public let description: String

    init(_ code: Code, isEvident: Bool = true, _ description: String) {
        self.code = code
        self.isEvident = isEvident
        self.description = description
    }
}
