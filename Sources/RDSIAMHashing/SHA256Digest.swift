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
        try Self { rdsiam_sha256_joined(first.baseAddress, first.count, second.baseAddress, second.count, $0) }
    }

    /// Returns the hash of a text's UTF-8 bytes.
    package static func hash(_ text: String) throws(Unavailable) -> Self {
        var text = text
        return try Self { digest in text.withUTF8 { rdsiam_sha256($0.baseAddress, $0.count, digest) } }
    }

    /// Returns the hash of bytes.
    package static func hash(_ bytes: [UInt8]) throws(Unavailable) -> Self {
        try Self { rdsiam_sha256(bytes, bytes.count, $0) }
    }

    package func withUnsafeBytes<Value, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try Swift.withUnsafeBytes(of: words, body)
    }

    /// The 32 bytes.
    package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    /// The 64 lowercase hexadecimal digits.
    package var hexadecimal: String { withUnsafeBytes { Hexadecimal.encode($0) } }

    /// Overwrites the bytes with zeroes, in a way that the optimizer may not leave out.
    package mutating func wipe() {
        Swift.withUnsafeMutableBytes(of: &words) { rdsiam_wipe($0.baseAddress, $0.count) }
    }
}

extension SHA256Digest: Hashable {
    package static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
