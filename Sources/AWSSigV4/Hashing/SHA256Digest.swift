/// The 32 bytes of a SHA-256 hash or of a key derived with it, without a heap allocation.
struct SHA256Digest: Sendable, Hashable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Makes a digest of zeroes.
    init() {}

    func withUnsafeBytes<Value, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try Swift.withUnsafeBytes(of: words, body)
    }

    mutating func withUnsafeMutableBytes<Value>(_ body: (UnsafeMutableRawBufferPointer) -> Value) -> Value {
        Swift.withUnsafeMutableBytes(of: &words, body)
    }

    /// Lower-case hexadecimal text.
    var hexadecimal: String {
        String(unsafeUninitializedCapacity: 64) { buffer in
            var writer = ByteWriter(buffer)
            withUnsafeBytes { writer.append(hexadecimal: $0) }
            return writer.count
        }
    }

    static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
