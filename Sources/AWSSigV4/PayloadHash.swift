/// The last line of a canonical request: what the signature says about the body.
public struct PayloadHash: Sendable, Hashable {
    /// The text of the line.
    public let text: String

    private init(unchecked text: String) {
        self.text = text
    }

    /// The hash of an empty body, as in every presigned connection token.
    public static let empty = Self(unchecked: emptyHash)

    /// SHA-256 of no bytes (FIPS 180-4, computed once).
    static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    /// The body is not covered by the signature.
    ///
    /// Only some services allow that, S3 among them.
    public static let unsigned = Self(unchecked: "UNSIGNED-PAYLOAD")

    /// The hash of a body in memory.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public static func sha256(of body: [UInt8]) throws(SigV4Error) -> Self {
        let digest = try body.withUnsafeBufferPointer { body throws(SigV4Error) in
            try SHA256Digest.hash(UnsafeRawBufferPointer(body))
        }
        return Self(unchecked: digest.hexadecimal)
    }

    /// A hash computed elsewhere: 64 lower-case hexadecimal digits.
    ///
    /// - Throws: ``SigV4Error/Code/invalidRequest``; do not retry.
    public static func precomputed(_ hexadecimal: String) throws(SigV4Error) -> Self {
        let isHash =
            hexadecimal.utf8.count == 64
            && hexadecimal.utf8.allSatisfy {
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
            }
        guard isHash else {
            throw SigV4Error(.invalidRequest, "a payload hash has 64 lower-case hexadecimal digits")
        }
        return Self(unchecked: hexadecimal)
    }
}
