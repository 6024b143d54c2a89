/// A request with the headers that header signing adds.
struct HeaderForm {
    /// Headers that proxies and HTTP libraries change on the way, and those that a signature brings itself.
    private static let unsigned: Set<String> = [
        "authorization", "connection", "expect", "host", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "te",
        "trailer", "transfer-encoding", "upgrade", "user-agent", "x-amz-date", "x-amz-security-token",
        "x-amzn-trace-id",
    ]

    /// The request to sign.
    let request: SigV4Request
    /// The headers to send besides `Authorization`.
    let added: [SigV4Field]

    private let accessKeyID: String
    private let scope: String

    init(
        _ original: SigV4Request,
        scope: CredentialScope,
        credentials: SigningCredentials,
        options: SigV4Options
    ) {
        var added = [SigV4Field("X-Amz-Date", scope.time.basicDateTime)]
        if options.addsContentSHA256 { added.append(SigV4Field("X-Amz-Content-Sha256", original.payload.text)) }
        let signedCount = added.count + (options.signsSessionToken ? 1 : 0)
        if let token = credentials.sessionToken { added.append(SigV4Field("X-Amz-Security-Token", token)) }

        var request = original
        request.headers.removeAll { Self.isUnsigned($0.name, options: options) }
        request.headers += added.prefix(signedCount)
        self.request = request
        self.added = added
        accessKeyID = credentials.accessKeyID
        self.scope = scope.text
    }

    static func isUnsigned(_ name: String, options: SigV4Options) -> Bool {
        let name = name.lowercased()
        return unsigned.contains(name) || options.addsContentSHA256 && name == "x-amz-content-sha256"
    }

    func authorization(signedHeaders: String, signature: RequestSignature) -> SigV4Field {
        let capacity = accessKeyID.utf8.count + scope.utf8.count + signedHeaders.utf8.count + 128
        return SigV4Field(
            "Authorization",
            .written(capacity: capacity) { writer in
                writer.append("AWS4-HMAC-SHA256 Credential=")
                writer.append(accessKeyID)
                writer.append("/")
                writer.append(scope)
                writer.append(", SignedHeaders=")
                writer.append(signedHeaders)
                writer.append(", Signature=")
                writer.append(hexadecimal: signature.digest)
            }
        )
    }
}
