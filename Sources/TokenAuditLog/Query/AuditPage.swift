/// Some entries, newest first, and where the next ones begin.
public struct AuditPage: Sendable, Hashable {
    /// The entries.
    public let entries: [AuditEntry]
    /// Where the page after this one begins, or `nil` if this is the last.
    public let next: AuditCursor?
}

/// A place between two entries in the order in which the log has recorded them.
public struct AuditCursor: Sendable, Hashable {
    /// The entry before which, in that order, the next page's are.
    let sequence: Int64
}

extension AuditCursor: LosslessStringConvertible {
    /// Reads what ``description`` writes, or returns `nil` if it is something else.
    public init?(_ description: String) {
        guard let sequence = Int64(description), sequence > 0 else { return nil }
        self.init(sequence: sequence)
    }

    /// A text that may be stored and given back, such as on a command line.
    public var description: String { String(sequence) }
}
