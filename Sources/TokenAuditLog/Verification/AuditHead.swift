/// The state of a log at one row.
///
/// Kept elsewhere, it tells later whether the log still holds that row and all before it.
public struct AuditHead: Sendable, Hashable {
    /// The log's own name, given at creation.
    public let logID: String
    /// The row's sequence number; 0 for a log without rows.
    public let sequence: Int64
    let digest: Digest

    /// The row's chain hash, 32 bytes.
    public var chainHash: [UInt8] { digest.bytes }

    /// Takes a chain hash, or returns `nil` if it is not 32 bytes long.
    package init?(logID: String, sequence: Int64, chainHash: [UInt8]) {
        guard let digest = Digest(chainHash) else { return nil }
        self.init(logID: logID, sequence: sequence, digest: digest)
    }

    init(logID: String, sequence: Int64, digest: Digest) {
        self.logID = logID
        self.sequence = sequence
        self.digest = digest
    }
}

extension AuditHead: LosslessStringConvertible {
    /// Reads what ``description`` writes, or returns `nil` if it is something else.
    public init?(_ description: String) {
        let words = description.splitBytes(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, let sequence = Int64(words[1]), sequence >= 0,
            let digest = Hexadecimal.decode(words[2]).flatMap({ Digest($0) })
        else { return nil }
        self.init(logID: words[0], sequence: sequence, digest: digest)
    }

    /// The log's name, the sequence number and the chain hash in hexadecimal, with a space between.
    public var description: String { "\(logID) \(sequence) \(Hexadecimal.encode(chainHash))" }
}

extension AuditHead {
    /// Returns whether the heads are of the same row of the same log.
    public static func == (left: Self, right: Self) -> Bool {
        left.sequence == right.sequence && left.digest == right.digest && left.isOfSameLog(as: right)
    }

    /// Hashes the log's name, the sequence number and the chain hash.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ByteText(logID))
        hasher.combine(sequence)
        hasher.combine(digest)
    }

    func isOfSameLog(as other: AuditHead) -> Bool { logID.isBytewiseEqual(to: other.logID) }
}
