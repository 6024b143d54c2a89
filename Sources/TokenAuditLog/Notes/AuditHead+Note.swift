import RDSIAMSystem

/// Heads as signed notes.
///
/// The body is ours: four lines, of which the first says so. It is not a C2SP tlog-checkpoint, whose root hash is a
/// Merkle tree's.
extension AuditHead {
    private static let title = "rds-iam-audit-log/1"

    /// The head as a signed note, to be kept elsewhere.
    ///
    /// - Throws: ``AuditLogError`` if libcrypto refuses to sign.
    package func note(signedWith key: AuditSigningKey) throws -> String {
        let hash = Data(chainHash).base64EncodedString()
        return try SignedNote(signing: "\(Self.title)\n\(logID)\n\(sequence)\n\(hash)\n", with: key)
            .serialized
    }

    /// Reads a signed note.
    ///
    /// - Parameters:
    ///   - note: The note's text.
    ///   - key: Whose signature it must carry.
    /// - Throws: ``AuditLogError`` `badNote` if the note is malformed, or not signed by that key.
    public init(note: String, signedBy key: AuditVerificationKey) throws {
        guard let signed = SignedNote(note), try signed.isSigned(by: key),
            let head = AuditHead(body: signed.text)
        else {
            throw AuditLogError(
                .badNote,
                "The note is malformed, or not signed by \(key.name). Do not trust what it says.",
                path: nil
            )
        }
        self = head
    }

    private init?(body: String) {
        let lines = body.splitBytes(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 5, lines[0].isBytewiseEqual(to: Self.title), lines[4].isEmpty,
            let sequence = Int64(lines[2]), sequence >= 0,
            let digest = Data(base64Encoded: lines[3]).flatMap({ Digest(Array($0)) })
        else { return nil }
        self.init(logID: lines[1], sequence: sequence, digest: digest)
    }
}
