/// Thirty-two bytes of hash, held in place: millions of them pass by in a verification.
struct Digest: Sendable, Hashable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    static let size = 32

    init() {}

    /// Takes the bytes of a hash; what is not 32 bytes long equals no hash.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.size else { return nil }
        withUnsafeMutableBytes { $0.copyMemory(from: bytes) }
    }

    init?(_ bytes: [UInt8]) {
        guard let digest = bytes.withUnsafeBytes({ Digest($0) }) else { return nil }
        self = digest
    }

    mutating func withUnsafeMutableBytes<Value>(_ body: (UnsafeMutableRawBufferPointer) -> Value) -> Value {
        Swift.withUnsafeMutableBytes(of: &words, body)
    }

    func withUnsafeBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        Swift.withUnsafeBytes(of: words, body)
    }

    var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

    static func == (left: Digest, right: Digest) -> Bool {
        left.words.0 == right.words.0 && left.words.1 == right.words.1 && left.words.2 == right.words.2
            && left.words.3 == right.words.3
    }

    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
