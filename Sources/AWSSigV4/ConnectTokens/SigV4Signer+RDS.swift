extension SigV4Signer {
    /// Makes the token with which a database user logs in to RDS or Aurora.
    ///
    ///     host:port/?Action=connect&DBUser=…&X-Amz-Algorithm=…&…&X-Amz-Signature=…
    ///
    /// It is signed for the service `rds-db` (RDS User Guide, "Connecting to your DB instance using IAM authentication"), for this
    /// host and this port: they must be the endpoint's own, whatever address the client connects to. Nothing goes out, so a wrong
    /// host, region or key shows only when the server refuses the login.
    ///
    /// - Parameters:
    ///   - host: The endpoint. It is signed and written in small letters.
    ///   - port: 1 to 65535. As with other AWS signers, 443 stands in the text but not in the signed `Host`.
    ///   - user: The database user, any Unicode text without control characters.
    ///   - region: The region of the endpoint.
    ///   - credentials: Whose signature it is. The token dies with them.
    ///   - unixSeconds: The time of signing in seconds since 1970-01-01T00:00:00Z.
    ///   - expires: How long a login may begin with the token, in seconds: 1 to 900.
    /// - Returns: The token. It is a password: do not log it.
    /// - Throws: ``SigV4Error``; do not retry, save for ``SigV4Error/Code/cryptographyUnavailable``.
    public func rdsToken(
        host: String,
        port: Int,
        user: String,
        region: String,
        credentials: SigningCredentials,
        at unixSeconds: Int64,
        expires: Int = 900
    ) throws(SigV4Error) -> String {
        try Expiry.check(expires, atMost: Expiry.quarterHour)
        guard !user.isEmpty else { throw SigV4Error(.invalidUser, "there is no database user") }
        return try connectToken(
            host: host,
            port: port,
            action: "connect",
            user: user,
            scope: CredentialScope(
                checkedRegion: region,
                service: "rds-db",
                time: SigningTime(unixSeconds: unixSeconds)
            ),
            credentials: credentials,
            expires: expires
        )
    }
}
