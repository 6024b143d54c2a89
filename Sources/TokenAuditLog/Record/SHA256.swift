import CLibcrypto

/// SHA-256 from libcrypto.
enum SHA256 {
    static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        // It fails only where the provider in force has no SHA-256, and then no log could be opened (``ChainHasher``).
        _ = rdsiam_sha256(bytes, bytes.count, &digest)
        return digest
    }
}
