extension SigV4Signer {
    /// Makes the token with which a database role logs in to Aurora DSQL.
    ///
    ///     host/?Action=DbConnect&X-Amz-Algorithm=…&…&X-Amz-Signature=…
    ///
    /// The role is no part of the token, only whether it is `admin` (Aurora DSQL User Guide, "Generating an authentication token").
    ///
    /// - Parameters:
    ///   - host: The cluster's endpoint. It is signed and written in small letters.
    ///   - isAdmin: Whether the token is for the role `admin` (`DbConnectAdmin`) or for another (`DbConnect`).
    ///   - region: The region of the endpoint.
    ///   - credentials: Whose signature it is. The token dies with them.
    ///   - unixSeconds: The time of signing in seconds since 1970-01-01T00:00:00Z.
    ///   - expires: How long a login may begin with the token, in seconds: 1 to 604,800 (seven days).
    /// - Returns: The token. It is a password: do not log it.
    /// - Throws: ``SigV4Error``; do not retry, save for ``SigV4Error/Code/cryptographyUnavailable``.
    public func dsqlToken(
        host: String,
        isAdmin: Bool,
        region: String,
        credentials: SigningCredentials,
        at unixSeconds: Int64,
        expires: Int = 900
    ) throws(SigV4Error) -> String {
        try Expiry.check(expires, atMost: Expiry.week)
        return try connectToken(
            host: host,
            port: nil,
            action: isAdmin ? "DbConnectAdmin" : "DbConnect",
            user: "",
            scope: CredentialScope(
                checkedRegion: region,
                service: "dsql",
                time: SigningTime(unixSeconds: unixSeconds)
            ),
            credentials: credentials,
            expires: expires
        )
    }
}
