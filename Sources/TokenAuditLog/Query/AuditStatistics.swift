/// How often what happened, per day, per database user and per server.
public struct AuditStatistics: Sendable, Hashable {
    /// Per day in UTC, such as `2026-11-22`.
    public internal(set) var perDay: [String: Counts] = [:]
    /// Per database user.
    public internal(set) var perUser: [String: Counts] = [:]
    /// Per server name.
    public internal(set) var perHost: [String: Counts] = [:]
    /// In all.
    public internal(set) var total = Counts()

    /// Events about tokens and connections, by what happened.
    public struct Counts: Sendable, Hashable {
        /// Tokens issued.
        public internal(set) var issued = 0
        /// Tokens handed out again.
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
