#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The public half of a signing key, in the text form of C2SP signed-note: `name+key ID+base64(0x01 ‖ public key)`.
public struct AuditVerificationKey: Sendable, Hashable {
    /// The signer's name.
    public let name: String
    /// The Ed25519 public key, 32 bytes.
    public let publicKey: [UInt8]

    /// The first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key).
    var id: [UInt8] { Array(SHA256.hash(Array(name.utf8) + [0x0A, 0x01] + publicKey).prefix(4)) }

    init(name: String, publicKey: [UInt8]) {
        self.name = name
        self.publicKey = publicKey
    }
}

extension AuditVerificationKey: LosslessStringConvertible {
    /// Reads the text form; nil where it is malformed or its key ID is another key's.
    public init?(_ description: String) {
        let parts = description.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, NoteKeyName.isValid(String(parts[0])),
            let bytes = Data(base64Encoded: String(parts[2])), bytes.count == 1 + Ed25519.keySize,
            bytes.first == 1
        else { return nil }
        self.init(name: String(parts[0]), publicKey: Array(bytes.dropFirst()))
        guard Hexadecimal.decode(String(parts[1])) == id else { return nil }
    }

    /// The text form.
    public var description: String {
        "\(name)+\(Hexadecimal.encode(id))+\(Data([1] + publicKey).base64EncodedString())"
    }
}

/// The rule for names of keys in C2SP signed-note: not empty, no space, no plus sign.
enum NoteKeyName {
    static func isValid(_ name: String) -> Bool {
        !name.isEmpty && !name.contains { $0.isWhitespace || $0 == "+" }
    }
}
