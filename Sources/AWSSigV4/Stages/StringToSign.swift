/// The second stage: algorithm, time, scope and the hash of the canonical request.
public struct StringToSign: Sendable, Hashable {
    /// The algorithm's name in every request.
    public static let algorithm = "AWS4-HMAC-SHA256"

    /// The four lines.
    public let text: String

    /// Makes the string to sign for a canonical request.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public init(_ canonicalRequest: CanonicalRequest, scope: CredentialScope) throws(SigV4Error) {
        let hash = try canonicalRequest.digest()
        let scopeText = scope.text
        text = .written(capacity: scopeText.utf8.count + 128) { writer in
            writer.append("AWS4-HMAC-SHA256\n")
            writer.append(basicDateTimeOf: scope.time)
            writer.append("\n")
            writer.append(scopeText)
            writer.append("\n")
            writer.append(hexadecimal: hash)
        }
    }
}
