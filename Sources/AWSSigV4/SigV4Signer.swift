/// Signs requests to AWS with Signature Version 4, and makes the tokens that databases take for passwords.
///
/// Signing is local: no call goes out, no clock and no environment is read. A signer keeps the last few signing keys, so make one
/// and share it. All functions may run at the same time.
///
/// The rules are those of the AWS General Reference, "Create a signed AWS API request".
public struct SigV4Signer: Sendable {
    private let keys: SigningKeyCache

    /// Makes a signer.
    ///
    /// - Parameter keyCapacity: How many signing keys are kept. One serves one secret, day, region and service. `0` keeps none.
    public init(keyCapacity: Int = 8) {
        keys = SigningKeyCache(capacity: max(0, keyCapacity))
    }

    /// Signs a request in its headers.
    ///
    /// - Parameters:
    ///   - request: The request as it will be sent. Headers that proxies change, such as `User-Agent`, are not signed.
    ///   - scope: Region, service and time.
    ///   - credentials: Whose signature it is.
    ///   - options: What the service does differently.
    /// - Returns: The headers to add: `X-Amz-Date`, `Authorization` and, as needed, `X-Amz-Security-Token` and
    ///   `X-Amz-Content-Sha256`.
    /// - Throws: ``SigV4Error``; do not retry, save for ``SigV4Error/Code/cryptographyUnavailable``.
    public func headers(
        signing request: SigV4Request,
        scope: CredentialScope,
        credentials: SigningCredentials,
        options: SigV4Options = .standard
    ) throws(SigV4Error) -> [SigV4Field] {
        let form = HeaderForm(request, scope: scope, credentials: credentials, options: options)
        let canonical = try CanonicalRequest(form.request, options: options)
        let signature = try signature(of: canonical, scope: scope, credentials: credentials)
        return form.added + [
            form.authorization(signedHeaders: canonical.signedHeaders, signature: signature)
        ]
    }

    /// Signs a request in its query.
    ///
    /// - Parameters:
    ///   - request: The request as it will be sent, without the parameters of the signature. `Host` is signed, and each header
    ///     given, which must then be sent with exactly that value.
    ///   - scope: Region, service and time.
    ///   - credentials: Whose signature it is.
    ///   - expires: How long the signature is good for, in seconds: 1 to 604,800 (seven days).
    ///   - options: What the service does differently.
    /// - Returns: The whole query without `?`, sorted, the signature last. Whoever holds it can make the request.
    /// - Throws: ``SigV4Error``; do not retry, save for ``SigV4Error/Code/cryptographyUnavailable``.
    public func query(
        presigning request: SigV4Request,
        scope: CredentialScope,
        credentials: SigningCredentials,
        expires: Int,
        options: SigV4Options = .standard
    ) throws(SigV4Error) -> String {
        try Expiry.check(expires, atMost: Expiry.week)
        let form = try QueryForm(
            request,
            scope: scope,
            credentials: credentials,
            expires: expires,
            options: options
        )
        let canonical = try CanonicalRequest(form.request, options: options)
        let signature = try signature(of: canonical, scope: scope, credentials: credentials)
        return "\(canonical.query)\(form.unsignedToken)&X-Amz-Signature=\(signature.hexadecimal)"
    }

    private func signature(
        of canonicalRequest: CanonicalRequest,
        scope: CredentialScope,
        credentials: SigningCredentials
    ) throws(SigV4Error) -> RequestSignature {
        let stringToSign = try StringToSign(canonicalRequest, scope: scope)
        return try material(for: credentials, scope: scope).key.signature(of: stringToSign)
    }

    /// The signing key and what goes with it, from the cache or fresh.
    func material(for credentials: SigningCredentials, scope: CredentialScope) throws(SigV4Error) -> SigningMaterial {
        try keys.material(for: credentials, scope: scope)
    }
}
