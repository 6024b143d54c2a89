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
        request.headers.removeAll { HeaderForm.unsigned.contains($0.name.lowercased()) }
        let headers = try CanonicalHeaders([SigV4Field("host", "")] + request.headers)
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
        unsignedToken = isLeftOut ? credentials.encodedSessionToken.map { "&X-Amz-Security-Token=\($0)" } ?? "" : ""
    }
}
