import CLibcrypto
import Synchronization

/// A key for HMAC-SHA-256 (RFC 2104), prepared for many messages.
///
/// libcrypto holds the key and overwrites it when the value ends.
package final class HMACKey: Sendable {
    /// A context of libcrypto, which one thread at a time may use: the one that holds the lock.
    private struct Context: ~Copyable, Sendable {
        nonisolated(unsafe) let pointer: OpaquePointer

        deinit { EVP_MAC_CTX_free(pointer) }
    }

    private let context: Mutex<Context>

    // A fetched algorithm never changes, and many threads may use it at the same time (OpenSSL, crypto(7)).
    nonisolated(unsafe) private static let algorithm = EVP_MAC_fetch(nil, "HMAC", nil)

    /// Prepares a key.
    package init(_ key: [UInt8]) throws(SHA256Digest.Unavailable) {
        guard let pointer = key.withUnsafeBufferPointer(Self.context) else { throw SHA256Digest.Unavailable() }
        context = Mutex(Context(pointer: pointer))
    }

    /// Prepares a key that is itself a digest, as Signature Version 4 derives its keys.
    package init(_ key: SHA256Digest) throws(SHA256Digest.Unavailable) {
        let pointer = key.withUnsafeBytes { Self.context(for: $0.assumingMemoryBound(to: UInt8.self)) }
        guard let pointer else { throw SHA256Digest.Unavailable() }
        context = Mutex(Context(pointer: pointer))
    }

    private static func context(for key: UnsafeBufferPointer<UInt8>) -> OpaquePointer? {
        guard let algorithm, let context = EVP_MAC_CTX_new(algorithm) else { return nil }
        var name = Array("SHA256".utf8CString)
        let done = name.withUnsafeMutableBufferPointer { name in
            let parameters = [
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            return EVP_MAC_init(context, key.baseAddress, key.count, parameters)
        }
        if done == 1 { return context }
        EVP_MAC_CTX_free(context)
        return nil
    }

    /// Returns the code of a message.
    package func code(of message: [UInt8]) throws(SHA256Digest.Unavailable) -> SHA256Digest {
        try SHA256Digest { code in context.withLock { Self.write(message, with: $0.pointer, to: code) } }
    }

    /// Writes the code of a message and returns 1, or 0 if libcrypto refuses.
    private static func write(
        _ message: [UInt8],
        with context: OpaquePointer,
        to code: UnsafeMutablePointer<UInt8>?
    ) -> Int32 {
        var count = 0
        // Without a key, the last one is used again.
        guard EVP_MAC_init(context, nil, 0, nil) == 1,
            EVP_MAC_update(context, message, message.count) == 1,
            EVP_MAC_final(context, code, &count, 32) == 1
        else { return 0 }
        return 1
    }
}
