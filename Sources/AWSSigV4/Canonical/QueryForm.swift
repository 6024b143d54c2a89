/// A request with the query parameters that presigning adds.
struct QueryForm {
    /// The request to sign.
    let request: SigV4Request
    /// The parameter of a session token that is not signed, with its `&`, or nothing.
    let unsignedToken: String

    init(
        _ original: SigV4Request,
        scope: CredentialScope,
        credentials: SigningCredentials,
        expires: Int,
        options: SigV4Options
    ) throws(SigV4Error) {
        var request = original
        request.headers.removeAll { HeaderForm.isUnsigned($0.name, options: options) }
        let headers = try CanonicalHeaders(host: request.host, request.headers)
        request.query += [
            SigV4Field("X-Amz-Algorithm", StringToSign.algorithm),
            SigV4Field("X-Amz-Credential", "\(credentials.accessKeyID)/\(scope.text)"),
            SigV4Field("X-Amz-Date", scope.time.basicDateTime),
            SigV4Field("X-Amz-Expires", String(expires)),
            SigV4Field("X-Amz-SignedHeaders", headers.names),
        ]
        if let token = credentials.sessionToken, options.signsSessionToken {
            request.query.append(SigV4Field("X-Amz-Security-Token", token))
        }
        self.request = request
        let isLeftOut = !options.signsSessionToken
        unsignedToken =
            isLeftOut
            ? credentials.sessionToken.map { "&X-Amz-Security-Token=\(PercentEncoding.encode($0))" } ?? "" : ""
    }
}
