import RDSIAMBasics

extension SigV4Signer {
    /// Creates the token with which a database user logs in to RDS or Aurora.
    ///
    ///     host:port/?Action=connect&DBUser=…&X-Amz-Algorithm=…&…&X-Amz-Signature=…
    ///
    /// It is signed for the service `rds-db` (RDS User Guide, "Connecting to your DB instance using IAM
    /// authentication"), for this host and this port: they must be the endpoint's own, even if the client connects to
    /// another address. Signing sends nothing, so a wrong host, region or key shows only when the server refuses the
    /// login.
    ///
    /// - Parameters:
    ///   - host: The endpoint. It is signed and written in lowercase.
    ///   - port: 1 to 65535. As with other AWS signers, 443 stands in the text but not in the signed `Host`.
    ///   - user: The database user, any Unicode text without control characters. Its bytes are signed as they are.
    ///   - region: The region of the endpoint.
    ///   - credentials: The credentials to sign with. The token ends when they do.
    ///   - unixSeconds: The time of signing in seconds since 1970-01-01T00:00:00Z.
    ///   - expires: How long a login may begin with the token, in seconds: 1 to 900.
    /// - Returns: The token. It is a password: do not log it.
    /// - Throws: ``SigV4Error``; retry only ``SigV4Error/Code/cryptographyUnavailable``.
    public func rdsToken(
        host: String,
        port: Int,
        user: String,
        region: String,
        credentials: SigningCredentials,
        at unixSeconds: Int64,
        expires: Int = 900
    ) throws(SigV4Error) -> String {
        // A server refuses a login whose token claims more than 900 seconds, without saying why.
        try Self.check(expires: expires, atMost: 900)
        guard !user.isEmpty else {
            throw SigV4Error(.invalidUser, "The database user is empty. Name the user to log in as.")
        }
        guard !user.holdsControlCharacter else {
            throw SigV4Error(.invalidUser, "The database user holds a control character. Remove it.")
        }
        guard 1...65_535 ~= port else {
            throw SigV4Error(.invalidPort, "The port is invalid. It must be from 1 to 65535.")
        }
        let host = host.asciiLowercased()
        let endpoint = host + (":" + String(port))
        let token = try presign(
            SigV4Request(
                // HTTP clients leave out the port of https, and so do the signers of AWS.
                host: port == 443 ? host : endpoint,
                query: [SigV4Field("Action", "connect"), SigV4Field("DBUser", user)]
            ),
            CredentialScope(region: region, service: "rds-db", at: unixSeconds),
            credentials,
            expires,
            at: endpoint
        )
        return String(decoding: token, as: UTF8.self)
    }

    /// Creates the token with which a database role logs in to Aurora DSQL.
    ///
    ///     host/?Action=DbConnect&X-Amz-Algorithm=…&…&X-Amz-Signature=…
    ///
    /// The role is no part of the token, only whether it is `admin` (Aurora DSQL User Guide, "Generating an
    /// authentication token").
    ///
    /// - Parameters:
    ///   - host: The cluster's endpoint. It is signed and written in lowercase.
    ///   - isAdmin: Whether the token is for the role `admin` (`DbConnectAdmin`) or for another (`DbConnect`).
    ///   - region: The region of the endpoint.
    ///   - credentials: The credentials to sign with. The token ends when they do.
    ///   - unixSeconds: The time of signing in seconds since 1970-01-01T00:00:00Z.
    ///   - expires: How long a login may begin with the token, in seconds: 1 to 604,800 (seven days).
    /// - Returns: The token. It is a password: do not log it.
    /// - Throws: ``SigV4Error``; retry only ``SigV4Error/Code/cryptographyUnavailable``.
    public func dsqlToken(
        host: String,
        isAdmin: Bool,
        region: String,
        credentials: SigningCredentials,
        at unixSeconds: Int64,
        expires: Int = 900
    ) throws(SigV4Error) -> String {
        let host = host.asciiLowercased()
        let token = try presign(
            SigV4Request(host: host, query: [SigV4Field("Action", isAdmin ? "DbConnectAdmin" : "DbConnect")]),
            CredentialScope(region: region, service: "dsql", at: unixSeconds),
            credentials,
            expires,
            at: host
        )
        return String(decoding: token, as: UTF8.self)
    }
}
