import RDSIAMBasics
import RDSIAMHashing

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
        let scope = try CredentialScope(region: region, service: "rds-db", at: unixSeconds)
        return try text(
            of: ConnectToken(host: host, port: port, action: "connect", user: user, expires: expires),
            scope: scope,
            credentials: credentials
        )
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
        try Self.check(expires: expires, atMost: 604_800)
        let scope = try CredentialScope(region: region, service: "dsql", at: unixSeconds)
        let action = isAdmin ? "DbConnectAdmin" : "DbConnect"
        return try text(
            of: ConnectToken(host: host, port: nil, action: action, user: "", expires: expires),
            scope: scope,
            credentials: credentials
        )
    }

    private func text(
        of token: ConnectToken,
        scope: CredentialScope,
        credentials: SigningCredentials
    ) throws(SigV4Error) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(token.capacity(credentials))
        text += token.host.utf8
        text += token.port.utf8
        text += "/?".utf8
        let queryStart = text.count
        token.appendQuery(to: &text, scope, credentials)
        let stringToSign = StringToSign(hash: try token.canonicalRequestHash(text[queryStart...]), scope: scope)
        text += "&X-Amz-Signature=".utf8
        text += try signature(of: stringToSign, scope: scope, credentials: credentials).hexadecimal.utf8
        return String(decoding: text, as: UTF8.self)
    }
}

/// A presigned GET request without its scheme, which a database accepts as a password.
///
/// ``SigV4Signer/query(presigning:scope:credentials:expires:options:)`` gives the same text. This way takes a fraction
/// of its time, as the order of the parameters is known.
private struct ConnectToken {
    /// The host in lowercase.
    let host: String
    /// The port after a colon, or empty.
    let port: String
    /// The port as it is signed.
    private let signedPort: String
    private let action: String
    private let user: String
    private let expires: Int

    /// Refuses what cannot stand in a token, or would mean something else there.
    ///
    /// - Parameters:
    ///   - port: `nil` for a service whose tokens hold no port.
    ///   - user: Empty for a service whose tokens hold no user.
    init(host: String, port: Int?, action: String, user: String, expires: Int) throws(SigV4Error) {
        try CanonicalHeaders.check(host: host)
        guard port.map({ 1...65_535 ~= $0 }) ?? true else {
            throw SigV4Error(.invalidPort, "The port is invalid. It must be from 1 to 65535.")
        }
        guard !user.holdsControlCharacter else {
            throw SigV4Error(.invalidUser, "The database user holds a control character. Remove it.")
        }
        self.host = host.asciiLowercased()
        self.port = port.map { ":" + String($0) } ?? ""
        // HTTP clients leave out the port of https, and so do the signers of AWS.
        signedPort = port == 443 ? "" : self.port
        self.action = action
        self.user = user
        self.expires = expires
    }

    /// Room for the whole text.
    func capacity(_ credentials: SigningCredentials) -> Int {
        512 + host.utf8.count + 3 * user.utf8.count + credentials.encodedSessionToken.utf8.count
    }

    /// Appends the canonical query, without the signature.
    func appendQuery(to query: inout [UInt8], _ scope: CredentialScope, _ credentials: SigningCredentials) {
        query += "Action=".utf8
        query += action.utf8
        if !user.isEmpty {
            query += "&DBUser=".utf8
            query += PercentEncoding.encode(user).utf8
        }
        query += "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=".utf8
        query += credentials.accessKeyID.utf8
        query += "%2F".utf8
        query += scope.time.basicDate.utf8
        query += "%2F".utf8
        query += scope.region.utf8
        query += "%2F".utf8
        query += scope.service.utf8
        query += "%2Faws4_request&X-Amz-Date=".utf8
        query += scope.time.basicDate.utf8
        query += scope.time.clock.utf8
        query += "&X-Amz-Expires=".utf8
        query += String(expires).utf8
        if !credentials.encodedSessionToken.isEmpty {
            query += "&X-Amz-Security-Token=".utf8
            query += credentials.encodedSessionToken.utf8
        }
        query += "&X-Amz-SignedHeaders=host".utf8
    }

    /// The hash of the canonical request, a GET with this query, one header and no body.
    func canonicalRequestHash(_ query: ArraySlice<UInt8>) throws(SigV4Error) -> String {
        var request: [UInt8] = []
        request.reserveCapacity(query.count + host.utf8.count + 128)
        request += "GET\n/\n".utf8
        request += query
        request += "\nhost:".utf8
        request += host.utf8
        request += signedPort.utf8
        request += "\n\nhost\n".utf8
        request += PayloadHash.empty.text.utf8
        do { return try SHA256Digest.hash(request).hexadecimal } catch { throw .cryptographyUnavailable }
    }
}
