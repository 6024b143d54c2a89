import RDSIAMBasics
import RDSIAMHashing

/// The second stage: algorithm, time, scope and the hash of the canonical request.
public struct StringToSign: Sendable, Hashable {
    /// The name of the algorithm in every request.
    package static let algorithm = "AWS4-HMAC-SHA256"

    /// The four lines in UTF-8.
    let bytes: [UInt8]

    /// The four lines.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Creates the string to sign for a canonical request.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public init(_ canonicalRequest: CanonicalRequest, scope: CredentialScope) throws(SigV4Error) {
        let digest = try canonicalRequest.digest()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(160 + scope.region.utf8.count + scope.service.utf8.count)
        bytes.append(utf8: Self.algorithm)
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(utf8: scope.time.basicDateTime)
        bytes.append(UInt8(ascii: "\n"))
        scope.append(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        digest.withUnsafeBytes { Hexadecimal.append($0.assumingMemoryBound(to: UInt8.self), to: &bytes) }
        self.bytes = bytes
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
