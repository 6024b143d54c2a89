/// How often what happened, per day, per database user and per server.
public struct AuditStatistics: Sendable, Hashable {
    /// Per day in UTC, such as `2026-11-22`, in the order of time.
    public internal(set) var perDay: [Group] = []
    /// Per database user, in the order of the names' bytes.
    public internal(set) var perUser: [Group] = []
    /// Per server name, in the order of the names' bytes.
    public internal(set) var perHost: [Group] = []
    /// In all.
    public internal(set) var total = Counts()

    /// The events of one day, user or server.
    ///
    /// Names are compared by their bytes, as PostgreSQL does it: "é" as one code point and as two are two users.
    public struct Group: Sendable, Hashable {
        /// The day, the user's name or the server's name.
        public let name: String
        /// The events.
        public let counts: Counts

        init(_ name: String, _ counts: Counts) { (self.name, self.counts) = (name, counts) }

        /// Returns whether the names consist of the same bytes and the counts are equal.
        public static func == (left: Self, right: Self) -> Bool {
            left.name.isBytewiseEqual(to: right.name) && left.counts == right.counts
        }

        /// Hashes the name's bytes and the counts.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(ByteText(name))
            hasher.combine(counts)
        }
    }

    /// Events about tokens and connections, by what happened.
    public struct Counts: Sendable, Hashable {
        /// Tokens issued.
        public internal(set) var issued = 0
        /// Tokens that were issued before and returned again.
        public internal(set) var reused = 0
        /// Tokens refused.
        public internal(set) var refused = 0
        /// Connections a server accepted.
        public internal(set) var accepted = 0
        /// Connections that were refused, or failed.
        public internal(set) var rejected = 0

        mutating func add(_ count: Int, of activity: String) {
            switch activity {
            case "token.issue": issued += count
            case "token.reuse": reused += count
            case "token.refuse": refused += count
            case "connection.accept": accepted += count
            case "connection.refuse": rejected += count
            default: break
            }
        }
    }
}
