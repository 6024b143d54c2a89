import CLibcrypto
import RDSIAMBasics

/// The 32 bytes of a SHA-256 hash or of a key derived with it, without a heap allocation.
package struct SHA256Digest: Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// The provider in force has no SHA-256, as openssl.cnf can make it, or memory has run out.
    package struct Unavailable: RetryableError, CustomStringConvertible {
        package let message = "OpenSSL offers no SHA-256. Check the providers in its configuration, openssl.cnf."

        package init() {}

        /// Always: there may be memory again.
        package var isRetryable: Bool { true }
        package var description: String { message }
    }

    /// SHA-256 of the provider in force, such as OpenSSL's FIPS provider, or `nil` if it has none.
    ///
    /// It is fetched once, as the implicit fetch in `EVP_sha256()` costs a fifth of a microsecond at every use.
    package static var algorithm: OpaquePointer? { fetched }

    // A fetched digest never changes, and many threads may use it at the same time (OpenSSL, crypto(7)).
    nonisolated(unsafe) private static let fetched = EVP_MD_fetch(nil, "SHA256", nil)

    /// Creates a digest that `write` fills in.
    ///
    /// - Parameter write: Receives room for 32 bytes and returns 1 if it has filled them.
    package init(_ write: (UnsafeMutablePointer<UInt8>?) -> Int32) throws(Unavailable) {
        let done = Swift.withUnsafeMutableBytes(of: &words) {
            write($0.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
        guard done == 1 else { throw Unavailable() }
    }

    /// Returns the hash of two pieces of text, one after the other.
    package static func hash(
        _ first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) throws(Unavailable) -> Self {
        try Self { write(first, second, to: $0) }
    }

    /// Returns the hash of a text's UTF-8 bytes.
    package static func hash(_ text: String) throws(Unavailable) -> Self {
        var text = text
        return try Self { digest in text.withUTF8 { write(UnsafeRawBufferPointer($0), to: digest) } }
    }

    /// Returns the hash of bytes.
    package static func hash(_ bytes: [UInt8]) throws(Unavailable) -> Self {
        try Self { digest in bytes.withUnsafeBytes { write($0, to: digest) } }
    }

    /// Writes the hash of two pieces and returns 1, or 0 if libcrypto refuses.
    private static func write(
        _ first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        to digest: UnsafeMutablePointer<UInt8>?
    ) -> Int32 {
        guard let algorithm, let context = EVP_MD_CTX_new() else { return 0 }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestInit_ex2(context, algorithm, nil) == 1,
            EVP_DigestUpdate(context, first.baseAddress, first.count) == 1,
            EVP_DigestUpdate(context, second.baseAddress, second.count) == 1
        else { return 0 }
        return EVP_DigestFinal_ex(context, digest, nil)
    }

    package func withUnsafeBytes<Value, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try Swift.withUnsafeBytes(of: words, body)
    }

    /// The 32 bytes.
    package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    /// The 64 lowercase hexadecimal digits.
    package var hexadecimal: String { withUnsafeBytes { Hexadecimal.encode($0.assumingMemoryBound(to: UInt8.self)) } }

    /// Overwrites the bytes with zeroes, in a way that the optimizer may not leave out.
    package mutating func wipe() {
        Swift.withUnsafeMutableBytes(of: &words) { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }
}

extension SHA256Digest: Hashable {
    package static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
