import CLibcrypto

/// The 32 bytes of a SHA-256 hash or of a key derived with it, without a heap allocation.
struct SHA256Digest: Sendable, Hashable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Makes a digest that `write` fills in.
    ///
    /// - Parameter write: Gets room for 32 bytes; its result is 1 where it could.
    init(_ write: (UnsafeMutablePointer<UInt8>?) -> Int32) throws(SigV4Error) {
        let done = withUnsafeMutableBytes { write($0.baseAddress?.assumingMemoryBound(to: UInt8.self)) }
        guard done == 1 else {
            throw SigV4Error(
                .cryptographyUnavailable,
                "libcrypto offers no SHA-256; see its configuration (openssl.cnf)"
            )
        }
    }

    /// The hash of two pieces of text, one after the other.
    static func hash(
        _ first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) throws(SigV4Error) -> Self {
        try Self { rdsiam_sha256_joined(first.baseAddress, first.count, second.baseAddress, second.count, $0) }
    }

    func withUnsafeBytes<Value, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try Swift.withUnsafeBytes(of: words, body)
    }

    private mutating func withUnsafeMutableBytes<Value>(_ body: (UnsafeMutableRawBufferPointer) -> Value) -> Value {
        Swift.withUnsafeMutableBytes(of: &words, body)
    }

    /// Overwrites the bytes with zeroes, in a way the optimiser may not leave out.
    mutating func wipe() {
        withUnsafeMutableBytes { rdsiam_wipe($0.baseAddress, $0.count) }
    }

    /// Lower-case hexadecimal text.
    var hexadecimal: String {
        .written(capacity: 64) { $0.append(hexadecimal: self) }
    }

    static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
