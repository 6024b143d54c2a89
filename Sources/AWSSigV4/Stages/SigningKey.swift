import CLibcrypto
import RDSIAMHashing

/// The third stage: a key derived from a secret access key for one day, region and service.
///
/// With it, anyone can sign, so it does not print.
public struct SigningKey: Sendable, Hashable {
    private var key: SHA256Digest
    private var ready: HMACKey

    /// Derives the key: HMAC over the date, the region, the service and `aws4_request` in turn.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public init(secretAccessKey: String, scope: CredentialScope) throws(SigV4Error) {
        var prefixed: [UInt8] = []
        // Room for all, so that no copy of the secret stays behind when the array grows.
        prefixed.reserveCapacity(4 + secretAccessKey.utf8.count)
        prefixed += "AWS4".utf8
        prefixed += secretAccessKey.utf8
        defer { prefixed.withUnsafeMutableBytes { rdsiam_wipe($0.baseAddress, $0.count) } }
        key = try HMACKey(prefixed).code(of: scope.time.basicDate)
        for text in [scope.region, scope.service, "aws4_request"] { key = try HMACKey(key).code(of: text) }
        ready = try HMACKey(key)
    }

    /// The fourth stage: the signature of a string to sign.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public func signature(of stringToSign: StringToSign) throws(SigV4Error) -> RequestSignature {
        RequestSignature(try ready.code(of: stringToSign.text))
    }

    /// Overwrites the key with zeros.
    mutating func wipe() {
        key.wipe()
        ready.wipe()
    }

    /// Compares the keys.
    public static func == (left: Self, right: Self) -> Bool { left.key == right.key }

    /// Hashes the key.
    public func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

extension SigningKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says only that it is a key.
    public var description: String { "SigningKey(<redacted>)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The 64 hexadecimal digits of the key, only for tests of this stage: they are as secret as the key.
    package var hexadecimal: String { key.hexadecimal }
}

/// A key for HMAC-SHA-256 (RFC 2104), prepared for many messages.
private struct HMACKey: Sendable {
    private var key = rdsiam_hmac_key()

    init(_ bytes: [UInt8]) throws(SigV4Error) {
        guard rdsiam_hmac_prepare(bytes, bytes.count, &key) == 1 else { throw .cryptographyUnavailable }
    }

    init(_ digest: SHA256Digest) throws(SigV4Error) {
        let result = digest.withUnsafeBytes { rdsiam_hmac_prepare($0.baseAddress, $0.count, &key) }
        guard result == 1 else { throw .cryptographyUnavailable }
    }

    func code(of text: String) throws(SigV4Error) -> SHA256Digest {
        var text = text
        do {
            return try withUnsafePointer(to: key) { key throws(SHA256Digest.Unavailable) in
                try SHA256Digest { digest in
                    text.withUTF8 { rdsiam_hmac_sha256(key, $0.baseAddress, $0.count, digest) }
                }
            }
        } catch {
            throw .cryptographyUnavailable
        }
    }

    /// Overwrites the key with zeros, in a way the optimizer may not leave out.
    mutating func wipe() {
        withUnsafeMutableBytes(of: &key) { rdsiam_wipe($0.baseAddress, $0.count) }
    }
}
