/// Something that the log's operator should know or keep.
///
/// It comes on the log's own thread: return soon.
public struct AuditLogNotice: Sendable {
    /// What the notice is about.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// The kind's name.
        public let rawValue: String

        /// Creates a kind of that name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The log has written a checkpoint.
        ///
        /// Keep ``AuditLogNotice/head`` in another place, such as the system's log.
        public static let checkpoint = Kind(rawValue: "checkpoint")
        /// The disk is full and the reserve was needed: make room before the next time.
        public static let reserveSpent = Kind(rawValue: "reserve-spent")
        /// Events could not be recorded.
        ///
        /// The log says so itself once it can write again.
        public static let eventsLost = Kind(rawValue: "events-lost")
    }

    /// What the notice is about.
    public let kind: Kind
    /// The last row the log has stored.
    public let head: AuditHead
    /// The head as a signed note, if the log has a signing key.
    public let note: String?
    /// How many events were lost; 0 in other notices.
    public let count: Int

    init(_ kind: Kind, head: AuditHead, note: String? = nil, count: Int = 0) {
        self.kind = kind
        self.head = head
        self.note = note
        self.count = count
    }
}
