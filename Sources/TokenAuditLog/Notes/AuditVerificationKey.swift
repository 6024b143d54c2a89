import RDSIAMHashing
import RDSIAMSystem

/// The public half of a signing key, in the text form of C2SP signed-note: `name+key ID+base64(0x01 ‖ public key)`.
public struct AuditVerificationKey: Sendable, Hashable {
    /// The signer's name.
    package let name: String
    /// The Ed25519 public key, 32 bytes.
    package let publicKey: [UInt8]

    /// The first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key).
    let id: [UInt8]

    init(name: String, publicKey: [UInt8]) throws(AuditLogError) {
        self.name = name
        self.publicKey = publicKey
        let digest: SHA256Digest
        do { digest = try SHA256Digest.hash(Array(name.utf8) + [0x0A, 0x01] + publicKey) } catch { throw .noSHA256 }
        self.id = Array(digest.bytes.prefix(4))
    }

    /// Returns whether the names consist of the same bytes and the keys are equal.
    public static func == (left: Self, right: Self) -> Bool {
        left.publicKey == right.publicKey && left.name.isBytewiseEqual(to: right.name)
    }

    /// Hashes the key.
    public func hash(into hasher: inout Hasher) { hasher.combine(publicKey) }
}

extension AuditVerificationKey: LosslessStringConvertible {
    /// Reads the text form, or returns `nil` if it is malformed or its key ID is another key's.
    public init?(_ description: String) {
        let parts = description.splitBytes(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, NoteKeyName.isValid(parts[0]), let bytes = Data(base64Encoded: parts[2]),
            bytes.count == 1 + Ed25519.keySize, bytes.first == 1,
            let key = try? AuditVerificationKey(name: parts[0], publicKey: Array(bytes.dropFirst())),
            Hexadecimal.decode(parts[1]) == key.id
        else { return nil }
        self = key
    }

    /// The text form.
    public var description: String {
        "\(name)+\(Hexadecimal.encode(id))+\(Data([1] + publicKey).base64EncodedString())"
    }
}

/// The rule for names of keys in C2SP signed-note: not empty, no space, no plus sign.
enum NoteKeyName {
    static func isValid(_ name: String) -> Bool {
        !name.isEmpty && !name.unicodeScalars.contains { $0.properties.isWhitespace || $0 == "+" }
    }
}
