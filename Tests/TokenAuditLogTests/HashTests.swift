import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Hashes", .timeLimit(.minutes(2)))
struct HashTests {
    @Test("hashes are those of another implementation")
    func hashes() async throws {
        let payloads = (0..<200).map { [UInt8](repeating: UInt8($0), count: $0) }
        let hasher = try ChainHasher()
        var lines: [String] = []
        var chain = hasher.genesis(of: "log")
        for (sequence, payload) in payloads.enumerated() {
            let leaf = payload.withUnsafeBytes { hasher.leaf($0) }
            chain = hasher.chain(previous: chain, sequence: Int64(sequence), leaf: leaf)
            lines.append(Hexadecimal.encode(chain.bytes))
        }
        let script = """
            import hashlib
            sha256 = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
            chain = sha256(b"\\3log")
            for n in range(200):
                chain = sha256(b"\\2", chain, n.to_bytes(8, "big"), sha256(b"\\0", bytes([n]) * n))
                print(chain.hex())
            """
        #expect(try await ChildProcess.run("/usr/bin/env", ["python3", "-c", script]).lines == lines)
    }

    struct Text {
        let text: String
        let looksSigned: Bool
    }

    static let texts = [
        Text(text: "", looksSigned: false), Text(text: "x-amz", looksSigned: false),
        Text(text: "x-amz-", looksSigned: true), Text(text: "&X-Amz-Signature=1", looksSigned: true),
        Text(text: "ends in X-AMZ-", looksSigned: true), Text(text: "x-x-amz-y", looksSigned: true),
        Text(text: "X-\u{0}Amz-", looksSigned: false), Text(text: "xxamz-", looksSigned: false),
        Text(text: "é漢x-aMz-\u{301}", looksSigned: true), Text(text: "X\u{D}amz\u{D}", looksSigned: false),
    ]

    @Test("a text that looks like part of a signed request is recognized", arguments: texts)
    func signed(_ text: Text) { #expect(text.text.looksSigned == text.looksSigned) }
}
