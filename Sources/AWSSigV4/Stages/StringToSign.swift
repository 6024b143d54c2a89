import RDSIAMHashing

/// The second stage: algorithm, time, scope and the hash of the canonical request.
public struct StringToSign: Sendable, Hashable {
    /// The name of the algorithm in every request.
    public static let algorithm = "AWS4-HMAC-SHA256"

    /// The four lines.
    public let text: String

    /// Creates the string to sign for a canonical request.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public init(_ canonicalRequest: CanonicalRequest, scope: CredentialScope) throws(SigV4Error) {
        self.init(hash: try canonicalRequest.hash(), scope: scope)
    }

    /// - Parameter hash: The hash of a canonical request.
    init(hash: String, scope: CredentialScope) {
        var text = "AWS4-HMAC-SHA256\n"
        text.reserveCapacity(128 + scope.region.utf8.count + scope.service.utf8.count)
        text += scope.time.basicDate
        text += scope.time.clock
        text += "\n"
        text += scope.time.basicDate
        text += "/"
        text += scope.region
        text += "/"
        text += scope.service
        text += "/aws4_request\n"
        text += hash
        self.text = text
    }
}

/// The last stage: the signature.
///
/// Together with the rest of the request it is the right to make it, so it does not print.
public struct RequestSignature: Sendable, Hashable {
    /// The 64 lowercase hexadecimal digits that stand in the request.
    public let hexadecimal: String

    init(_ digest: SHA256Digest) {
        hexadecimal = digest.hexadecimal
    }
}

extension RequestSignature: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says only that it is a signature.
    public var description: String { "RequestSignature(<redacted>)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
