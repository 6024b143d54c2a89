import RDSIAMSystem

/// A text with signatures under it, as C2SP signed-note defines it.
///
/// The text ends with a line feed; an empty line follows; then one line per signature:
/// `— name base64(key ID ‖ signature)`.
struct SignedNote {
    let text: String
    let signatures: [Signature]

    struct Signature {
        let name: String
        let keyID: [UInt8]
        let bytes: [UInt8]
    }

    init(signing text: String, with key: AuditSigningKey) throws {
        self.text = text
        let bytes = try key.sign(Array(text.utf8))
        self.signatures = [Signature(name: key.name, keyID: key.verificationKey.id, bytes: bytes)]
    }

    /// Reads a note, or returns `nil` if it is malformed.
    init?(_ note: String) {
        guard note.utf8.count <= 1_000_000, note.hasByteSuffix("\n") else { return nil }
        let all = note.splitBytes(separator: "\n", omittingEmptySubsequences: false).dropLast()
        guard let gap = all.lastIndex(where: \.isEmpty) else { return nil }
        text = all[..<gap].joined(separator: "\n") + "\n"
        let lines = all[(gap + 1)...]
        let signatures = lines.compactMap { Signature(line: $0) }
        guard !signatures.isEmpty, signatures.count == lines.count else { return nil }
        self.signatures = signatures
    }

    var serialized: String {
        let lines = signatures.map {
            "— \($0.name) \(Data($0.keyID + $0.bytes).base64EncodedString())\n"
        }
        return text + "\n" + lines.joined()
    }

    /// Whether the text carries a signature of this key, and that one holds.
    ///
    /// Other keys' signatures do not matter.
    func isSigned(by key: AuditVerificationKey) throws -> Bool {
        guard let own = signatures.first(where: { $0.name.isBytewiseEqual(to: key.name) && $0.keyID == key.id }) else {
            return false
        }
        return try Ed25519.isValid(own.bytes, of: Array(text.utf8), by: key.publicKey)
    }
}

extension SignedNote.Signature {
    fileprivate init?(line: String) {
        let words = line.splitBytes(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[0].isBytewiseEqual(to: "—"), NoteKeyName.isValid(words[1]),
            let bytes = Data(base64Encoded: words[2]), bytes.count > 4
        else { return nil }
        self.init(name: words[1], keyID: Array(bytes.prefix(4)), bytes: Array(bytes.dropFirst(4)))
    }
}
