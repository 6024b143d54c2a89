// Adopters see one declaration of it, the protocol of errors that may be retried.
@_exported public import RDSIAMBasics

/// Signs requests to AWS with Signature Version 4, and creates the tokens that databases accept as passwords.
///
/// Signing is local: a signer sends nothing and reads neither the clock nor the environment. It caches the signing keys
/// it used last, so create one and share it. All functions may run at the same time.
///
/// The rules are those of the AWS General Reference, "Create a signed AWS API request".
public struct SigV4Signer: Sendable {
    private let keys: SigningKeyCache

    /// Creates a signer.
    ///
    /// - Parameter keyCapacity: How many signing keys are cached. One serves one secret, day, region and service. `0`
    ///   and negative numbers mean none. The keys are searched in turn, so a few dozen are sensible.
    public init(keyCapacity: Int = 8) {
        keys = SigningKeyCache(capacity: keyCapacity)
    }

    /// Signs a request in its headers.
    ///
    /// - Parameters:
    ///   - request: The request as it will be sent. Headers that proxies change, such as `User-Agent`, are not signed.
    ///   - scope: Region, service and time.
    ///   - credentials: The credentials to sign with.
    ///   - options: What the service does differently.
    /// - Returns: The headers to add: `X-Amz-Date`, `Authorization` and, as needed, `X-Amz-Security-Token` and
    ///   `X-Amz-Content-Sha256`.
    /// - Throws: ``SigV4Error``; retry only ``SigV4Error/Code/cryptographyUnavailable``.
    public func headers(
        signing request: SigV4Request,
        scope: CredentialScope,
        credentials: SigningCredentials,
        options: SigV4Options = SigV4Options()
    ) throws(SigV4Error) -> [SigV4Field] {
        var added = [SigV4Field("X-Amz-Date", scope.time.basicDateTime)]
        if options.addsContentSHA256 { added.append(SigV4Field("X-Amz-Content-Sha256", request.payload.text)) }
        let token = credentials.sessionToken.map { [SigV4Field("X-Amz-Security-Token", $0)] } ?? []

        var signed = request
        signed.headers = request.signedHeaders(options) + added + (options.signsSessionToken ? token : [])
        let canonical = try CanonicalRequest(signed, options: options)
        let stringToSign = try StringToSign(canonical, scope: scope)
        let signature = try keys.key(for: credentials, scope: scope).signature(of: stringToSign)
        let authorization =
            "\(StringToSign.algorithm) Credential=\(credentials.accessKeyID)/\(scope.text), "
            + "SignedHeaders=\(canonical.signedHeaders), Signature=\(signature.hexadecimal)"
        return added + token + [SigV4Field("Authorization", authorization)]
    }

    /// Signs a request in its query.
    ///
    /// - Parameters:
    ///   - request: The request as it will be sent, without the parameters of the signature. `Host` is signed, and each
    ///     header given, which must then be sent with exactly that value.
    ///   - scope: Region, service and time.
    ///   - credentials: The credentials to sign with.
    ///   - expires: How long the signature is valid, in seconds: 1 to 604,800 (seven days).
    ///   - options: What the service does differently.
    /// - Returns: The whole query without `?`, sorted, the signature last. It is a secret: with it, anyone can make the
    ///   request.
    /// - Throws: ``SigV4Error``; retry only ``SigV4Error/Code/cryptographyUnavailable``.
    public func query(
        presigning request: SigV4Request,
        scope: CredentialScope,
        credentials: SigningCredentials,
        expires: Int,
        options: SigV4Options = SigV4Options()
    ) throws(SigV4Error) -> String {
        let query = try presign(request, scope, credentials, expires, options)
        return String(decoding: query, as: UTF8.self)
    }

    /// Signs a request in its query, and returns it as a URL without its scheme: host, path and query.
    ///
    /// Several AWS services accept such a text as a password. Parameters and errors are those of
    /// ``query(presigning:scope:credentials:expires:options:)``.
    public func url(
        presigning request: SigV4Request,
        scope: CredentialScope,
        credentials: SigningCredentials,
        expires: Int,
        options: SigV4Options = SigV4Options()
    ) throws(SigV4Error) -> String {
        let url = try presign(request, scope, credentials, expires, options, at: request.host)
        return String(decoding: url, as: UTF8.self)
    }

    /// Signs a request in its query.
    ///
    /// - Parameter endpoint: What the result begins with, followed by the path and `?`; if it is empty, so are they.
    /// - Returns: The query, after the endpoint, in UTF-8.
    func presign(
        _ request: SigV4Request,
        _ scope: CredentialScope,
        _ credentials: SigningCredentials,
        _ expires: Int,
        _ options: SigV4Options = SigV4Options(),
        at endpoint: String = ""
    ) throws(SigV4Error) -> [UInt8] {
        try Self.check(expires: expires, atMost: 604_800)
        let headers = try CanonicalHeaders(host: request.host, request.signedHeaders(options))
        let token = credentials.encodedSessionToken
        var query = CanonicalQuery(request.query, at: endpoint, request.path, capacity: token?.utf8.count ?? 0)
        query.add("X-Amz-Algorithm", StringToSign.algorithm)
        query.addCredential(credentials.accessKeyID, scope)
        query.add("X-Amz-Date", scope.time.basicDateTime)
        query.add("X-Amz-Expires", String(expires))
        if options.signsSessionToken, let token { query.add("X-Amz-Security-Token", token) }
        query.add("X-Amz-SignedHeaders", PercentEncoding.encode(headers.names))

        query.sort()
        let canonical = try CanonicalRequest(request, query: query.bytes, headers: headers, options: options)
        let stringToSign = try StringToSign(canonical, scope: scope)
        let code = try keys.key(for: credentials, scope: scope).code(of: stringToSign)
        if !options.signsSessionToken, let token { query.addUnsigned("X-Amz-Security-Token", token) }
        query.addSignature(code)
        return query.text
    }

    /// Refuses a validity that the service would refuse, often without saying why.
    static func check(expires seconds: Int, atMost limit: Int) throws(SigV4Error) {
        guard 1...limit ~= seconds else {
            throw SigV4Error(.invalidExpiry, "The expiry is invalid. It must be from 1 to \(limit) seconds.")
        }
    }
}
