import CLibcrypto

/// SHA-256 from libcrypto, as the text in which fingerprints are written.
enum SHA256 {
    static func hexadecimal(of text: String) -> String {
        var text = text
        var digest = [UInt8](repeating: 0, count: 32)
        let done = text.withUTF8 { rdsiam_sha256($0.baseAddress, $0.count, &digest) }
        guard done == 1 else { return "unavailable" }
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
