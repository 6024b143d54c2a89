import CLibcrypto

/// A key for HMAC-SHA-256 (RFC 2104), made ready for many messages.
struct HMACKey: Sendable {
    private var key = rdsiam_hmac_key()

    init(_ bytes: UnsafeRawBufferPointer) throws(SigV4Error) {
        guard rdsiam_hmac_prepare(bytes.baseAddress, bytes.count, &key) == 1 else {
            throw SigV4Error(
                .cryptographyUnavailable,
                "libcrypto offers no SHA-256; see its configuration (openssl.cnf)"
            )
        }
    }

    init(_ digest: SHA256Digest) throws(SigV4Error) {
        self = try digest.withUnsafeBytes { bytes throws(SigV4Error) in try Self(bytes) }
    }

    func code(of text: String) throws(SigV4Error) -> SHA256Digest {
        try text.withUTF8Bytes { text throws(SigV4Error) in try code(of: UnsafeRawBufferPointer(text)) }
    }

    func code(of message: UnsafeRawBufferPointer) throws(SigV4Error) -> SHA256Digest {
        try withUnsafePointer(to: key) { key throws(SigV4Error) in
            try SHA256Digest { rdsiam_hmac_sha256(key, message.baseAddress, message.count, $0) }
        }
    }

    /// Overwrites the key with zeroes, in a way the optimiser may not leave out.
    mutating func wipe() {
        withUnsafeMutableBytes(of: &key) { rdsiam_wipe($0.baseAddress, $0.count) }
    }
}
