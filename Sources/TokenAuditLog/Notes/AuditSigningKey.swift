import RDSIAMSystem

/// The secret half of a key that signs checkpoints (Ed25519).
///
/// Its user keeps it; the log never stores it.
public struct AuditSigningKey: Sendable {
    /// The signer's name.
    public let name: String
    /// The half that verification needs, and that is no secret.
    public let verificationKey: AuditVerificationKey
    private let seed: [UInt8]

    /// Makes a new key.
    ///
    /// - Parameter name: The signer's name, without spaces and plus signs.
    public init(generatingFor name: String) throws {
        var generator = SystemRandomNumberGenerator()
        try self.init(name: name, seed: (0..<Ed25519.keySize).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    /// Reads the form in which ``secretText`` writes it: `PRIVATE+KEY+name+key ID+base64(0x01 ‖ seed)`.
    ///
    /// - Throws: ``AuditLogError`` `badNote` if it is malformed.
    public init(secretText: String) throws {
        let parts = secretText.splitBytes(separator: "+", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isBytewiseEqual(to: "PRIVATE"), parts[1].isBytewiseEqual(to: "KEY"),
            let bytes = Data(base64Encoded: parts[4]), bytes.count == 1 + Ed25519.keySize,
            bytes.first == 1
        else { throw Self.malformed }
        try self.init(name: parts[2], seed: Array(bytes.dropFirst()))
        guard Hexadecimal.decode(parts[3]) == verificationKey.id else { throw Self.malformed }
    }

    init(name: String, seed: [UInt8]) throws {
        guard NoteKeyName.isValid(name) else { throw Self.malformed }
        self.name = name
        self.seed = seed
        self.verificationKey = try AuditVerificationKey(name: name, publicKey: Ed25519.publicKey(of: seed))
    }

    /// The key as text, for a file that only its user may read.
    ///
    /// Secret.
    public var secretText: String {
        "PRIVATE+KEY+\(name)+\(Hexadecimal.encode(verificationKey.id))+\(Data([1] + seed).base64EncodedString())"
    }

    func sign(_ message: [UInt8]) throws -> [UInt8] { try Ed25519.sign(message, with: seed) }

    private static var malformed: AuditLogError {
        AuditLogError(.badNote, "The signing key is malformed. Make a new one.", path: nil)
    }
}

extension AuditSigningKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The public half.
    public var description: String { "AuditSigningKey(\(verificationKey))" }
    /// The public half.
    public var debugDescription: String { description }
    /// The public half.
    public var customMirror: Mirror { Mirror(self, children: ["verificationKey": verificationKey]) }
}
