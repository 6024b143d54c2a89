/// Some entries, newest first, and where the next ones begin.
public struct AuditPage: Sendable, Hashable {
    /// The entries.
    public let entries: [AuditEntry]
    /// Where the page after this one begins; nil where this is the last.
    public let next: AuditCursor?
}

/// A place between two entries in the order of time.
public struct AuditCursor: Sendable, Hashable {
    let microseconds: Int64
    let sequence: Int64
}

extension AuditCursor: LosslessStringConvertible {
    /// Reads what ``description`` writes; nil where it is something else.
    public init?(_ description: String) {
        let parts = description.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let microseconds = Int64(parts[0]), let sequence = Int64(parts[1])
        else { return nil }
        self.init(microseconds: microseconds, sequence: sequence)
    }

    /// A text that may be kept and given back, such as on a command line.
    public var description: String { "\(microseconds).\(sequence)" }
}
