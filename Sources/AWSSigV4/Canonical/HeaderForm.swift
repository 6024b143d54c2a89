/// A request with the headers that header signing adds.
struct HeaderForm {
    /// Headers that proxies and HTTP libraries change on the way, and those that a signature brings itself.
    static let unsigned: Set<String> = [
        "authorization", "connection", "expect", "host", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "te",
        "trailer", "transfer-encoding", "upgrade", "user-agent", "x-amz-date", "x-amz-security-token",
        "x-amzn-trace-id",
    ]

    /// The request to sign.
    let request: SigV4Request
    /// The headers to send besides `Authorization`.
    let added: [SigV4Field]

    private let credential: String

    init(
        _ original: SigV4Request,
        scope: CredentialScope,
        credentials: SigningCredentials,
        options: SigV4Options
    ) {
        var added = [SigV4Field("X-Amz-Date", scope.time.basicDateTime)]
        if options.addsContentSHA256 { added.append(SigV4Field("X-Amz-Content-Sha256", original.payload.text)) }
        let token = credentials.sessionToken.map { [SigV4Field("X-Amz-Security-Token", $0)] } ?? []

        var request = original
        let replaced = Set(added.map { $0.name.lowercased() })
        request.headers.removeAll { Self.unsigned.union(replaced).contains($0.name.lowercased()) }
        request.headers += options.signsSessionToken ? added + token : added
        self.request = request
        self.added = added + token
        credential = "\(credentials.accessKeyID)/\(scope.text)"
    }

    func authorization(signedHeaders: String, signature: RequestSignature) -> SigV4Field {
        SigV4Field(
            "Authorization",
            "\(StringToSign.algorithm) Credential=\(credential), SignedHeaders=\(signedHeaders), "
                + "Signature=\(signature.hexadecimal)"
        )
    }
}
