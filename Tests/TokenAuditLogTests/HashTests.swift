import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Hashes", .timeLimit(.minutes(2)))
struct HashTests {
    @Test("hashes are the same called directly and through EVP, and the same as another implementation's")
    func hashes() async throws {
        let payloads = (0..<200).map { [UInt8](repeating: UInt8($0), count: $0) }
        let (direct, roundabout) = (try ChainHasher(direct: true), try ChainHasher(direct: false))
        var lines: [String] = []
        var (one, other) = (direct.genesis(of: "log"), roundabout.genesis(of: "log"))
        for (sequence, payload) in payloads.enumerated() {
            let leaves = payload.withUnsafeBytes { (direct.leaf($0), roundabout.leaf($0)) }
            one = direct.chain(previous: one, sequence: Int64(sequence), leaf: leaves.0)
            other = roundabout.chain(previous: other, sequence: Int64(sequence), leaf: leaves.1)
            #expect(leaves.0 == leaves.1 && one == other)
            lines.append(Hexadecimal.encode(one.bytes))
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
