import CLibcrypto
import Synchronization

/// A libcrypto context for SHA-256 and HMAC-SHA-256.
///
/// Making one takes two allocations, so the last one given back waits in a slot for the next taker. Taking and giving back are
/// one atomic exchange each: a context belongs to one taker at a time.
struct SHA256Context: ~Copyable {
    /// The address of the context that nobody uses, or 0.
    private static let idle = Atomic<UInt>(0)

    private let context: OpaquePointer

    init() throws(SigV4Error) {
        guard let context = Self.takeIdle() ?? rdsiam_sha256_context() else {
            throw SigV4Error(
                .cryptographyUnavailable,
                "libcrypto offers no SHA-256; see its configuration (openssl.cnf)"
            )
        }
        self.context = context
    }

    deinit {
        let surplus = Self.idle.exchange(UInt(bitPattern: context), ordering: .acquiringAndReleasing)
        EVP_MD_CTX_free(OpaquePointer(bitPattern: surplus))
    }

    private static func takeIdle() -> OpaquePointer? {
        OpaquePointer(bitPattern: idle.exchange(0, ordering: .acquiring))
    }

    /// The hash of two pieces of text, one after the other.
    func hash(
        _ first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) throws(SigV4Error) -> SHA256Digest {
        var digest = SHA256Digest()
        let done = digest.withUnsafeMutableBytes {
            rdsiam_sha256_joined(
                context,
                first.baseAddress,
                first.count,
                second.baseAddress,
                second.count,
                $0.baseAddress
            )
        }
        try Self.check(done)
        return digest
    }

    /// HMAC-SHA-256 (RFC 2104) of a message.
    func authenticationCode(
        of message: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer
    ) throws(SigV4Error) -> SHA256Digest {
        var code = SHA256Digest()
        let done = code.withUnsafeMutableBytes {
            rdsiam_hmac_sha256(context, key.baseAddress, key.count, message.baseAddress, message.count, $0.baseAddress)
        }
        try Self.check(done)
        return code
    }

    private static func check(_ done: Int32) throws(SigV4Error) {
        guard done == 1 else { throw SigV4Error(.cryptographyUnavailable, "libcrypto failed to compute SHA-256") }
    }
}
