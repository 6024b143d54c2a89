/// How often what happened, counted in several ways.
///
/// Names are compared by their bytes, as PostgreSQL does it: "é" as one code point and as two are two users. Server
/// names alone are compared as DNS compares them, and shown in lowercase without a dot at the end.
package struct AuditStatistics: Sendable, Hashable {
    /// Per day in UTC, such as `2026-11-22`, in the order of time.
    package internal(set) var perDay: [Group] = []
    /// Per database user, in the order of the names' bytes.
    package internal(set) var perUser: [Group] = []
    /// Per server, by the endpoint that the tokens are good for.
    package internal(set) var perHost: [Group] = []
    /// Per server, by the endpoint that was dialed.
    package internal(set) var perDialedHost: [Group] = []
    /// Per role whose credentials signed; those without a role under the account, else the access key, else `-`.
    package internal(set) var perRole: [Group] = []
    /// Per user and server, by the endpoint that the tokens are good for.
    package internal(set) var perLogin: [Login] = []
    /// Refusals, rejections and failures per error code.
    package internal(set) var perErrorCode: [Group] = []
    /// In all.
    package internal(set) var total = Counts()
    /// Gaps, prunings and acknowledgments, oldest first, the first thousand.
    var incidents: [AuditEntry] = []
    /// How many rows were looked at: those from the period's first row to its last.
    package internal(set) var rows: Int64 = 0
    /// Those of the ``rows`` that could not be read: altered, or written by a newer version.
    package internal(set) var unreadableRows: Int64 = 0

    static let mostIncidents = 1000

    /// The events of one day, user, server, role or error code.
    package struct Group: Sendable, Hashable {
        /// The day, the name or the code.
        package let name: String
        /// The events.
        package let counts: Counts

        init(_ name: String, _ counts: Counts) { (self.name, self.counts) = (name, counts) }

        /// Returns whether the names consist of the same bytes and the counts are equal.
        package static func == (left: Self, right: Self) -> Bool {
            left.name.isBytewiseEqual(to: right.name) && left.counts == right.counts
        }

        /// Hashes the name's bytes and the counts.
        package func hash(into hasher: inout Hasher) {
            hasher.combine(ByteText(name))
            hasher.combine(counts)
        }
    }

    /// The events of one user on one server.
    package struct Login: Sendable, Hashable {
        /// The database user.
        package let user: String
        /// The server that the tokens are good for.
        package let host: String
        /// The events.
        package let counts: Counts

        /// Returns whether the names consist of the same bytes and the counts are equal.
        package static func == (left: Self, right: Self) -> Bool {
            left.user.isBytewiseEqual(to: right.user) && left.host.isBytewiseEqual(to: right.host)
                && left.counts == right.counts
        }

        /// Hashes the names' bytes.
        package func hash(into hasher: inout Hasher) { [user, host].forEach { hasher.combine(ByteText($0)) } }
    }

    /// Events about tokens and connections, by what happened.
    package struct Counts: Sendable, Hashable {
        /// Tokens issued.
        package internal(set) var issued = 0
        /// Tokens that were issued before and returned again.
        package internal(set) var reused = 0
        /// Tokens refused.
        package internal(set) var refused = 0
        /// Connections a server accepted.
        package internal(set) var accepted = 0
        /// Connections that a server refused.
        package internal(set) var rejected = 0
        /// Logins that failed before a token was judged: the server was out of reach, or asked for no password.
        package internal(set) var failed = 0

        mutating func add(_ count: Int, of activity: String) {
            switch activity {
            case "token.issue": issued += count
            case "token.reuse": reused += count
            case "token.refuse": refused += count
            case "connection.accept": accepted += count
            case "connection.refuse": rejected += count
            case "connection.fail": failed += count
            default: break
            }
        }
    }
}
