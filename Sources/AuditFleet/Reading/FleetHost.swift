import LibpqClient
public import RDSIAMSystem

/// A host's log in the fleet, and how far it has come.
public struct FleetHost: Sendable, Hashable {
    /// The host's name.
    public let host: String
    /// The log's file on the host.
    public let path: String
    /// The log's name.
    public let logID: String
    /// The database user who ships it.
    package let shipper: String
    /// The row after which the fleet's copy begins: 0, or the last that was pruned before it was shipped.
    package let beginsAfter: Int64
    /// The newest row that has arrived; if there is none, the row after which the fleet's copy begins.
    package let newestRow: Int64
    /// When its newest event happened.
    package let newestEvent: Date?
    /// When rows last arrived.
    package let lastArrival: Date?
    /// When its shipper last looked, whether or not there were new rows.
    package let lastContact: Date
    /// How long ago its shipper last looked, in seconds, by the database's clock.
    public let silence: Double
    /// The longest delay between an event and its arrival, in seconds.
    package let longestDelay: Double?
    /// Since when nothing more is expected from it, as the schema's owner has said.
    package let ended: Date?
    /// The finding that stops it.
    public let heldBy: Int64?
    /// How many findings about it are open.
    package let openFindings: Int64
    /// Its number in the database.
    let chainID: Int32
    /// The chain hash of the newest row; `nil` if it is not known.
    let headHash: [UInt8]?
    /// The chain hash of the row after which the copy begins.
    let beginHash: [UInt8]

    static let query = """
        SELECT h.host, h.path, h.log_id, h.shipper, c.begins_after, h.newest_row, h.newest_event, h.last_arrival,
            h.last_contact, extract(epoch FROM h.silence)::float8, extract(epoch FROM h.longest_delay)::float8,
            h.held_by, h.open_findings, c.id, c.head_hash, c.begin_hash, h.ended
        FROM audit_fleet.host h JOIN audit_fleet.chain c ON c.log_id = h.log_id ORDER BY h.host, h.path, c.id
        """

    init(_ row: PGRow) throws {
        (host, path, logID) = (try row.decode(at: 0), try row.decode(at: 1), try row.decode(at: 2))
        (shipper, beginsAfter, newestRow) = (try row.decode(at: 3), try row.decode(at: 4), try row.decode(at: 5))
        (newestEvent, lastArrival) = (try row.decodeIfPresent(at: 6), try row.decodeIfPresent(at: 7))
        (lastContact, silence) = (try row.decode(at: 8), try row.decode(at: 9))
        (longestDelay, heldBy) = (try row.decodeIfPresent(at: 10), try row.decodeIfPresent(at: 11))
        (openFindings, chainID) = (try row.decode(at: 12), try row.decode(at: 13))
        headHash = try row.decodeIfPresent(Data.self, at: 14).map(Array.init)
        beginHash = Array(try row.decode(Data.self, at: 15))
        ended = try row.decodeIfPresent(at: 16)
    }
}

/// Something that did not fit when it arrived, with what was there and what came.
public struct FleetFinding: Sendable, Hashable {
    /// Its number.
    public let number: Int64
    /// When it was found.
    public let found: Date
    /// The database user who brought it.
    package let reportedBy: String
    /// Its kind: `row-differs`, `rows-missing`, `chain-broken`, `payload-altered`, `row-lost`, `log-rewound`,
    /// `second-chain`, `second-place`.
    public let kind: String
    /// The log's name.
    public let logID: String
    /// The host's name.
    public let host: String
    /// The row.
    public let sequence: Int64
    /// What was found, in words.
    public let message: String
    /// The payload that the fleet has.
    package let storedPayload: [UInt8]?
    /// The payload that came.
    package let arrivedPayload: [UInt8]?
    /// Who has accepted it, or `nil` if it is open.
    package let acknowledgedBy: String?
    /// Why it was accepted.
    package let reason: String?

    static let query = """
        SELECT id, found, reported_by, kind, log_id, coalesce(host, ''), seq, message, stored_payload, arrived_payload,
            acknowledged_by, reason
        FROM audit_fleet.finding
        """

    init(_ row: PGRow) throws {
        (number, found, reportedBy) = (try row.decode(at: 0), try row.decode(at: 1), try row.decode(at: 2))
        (kind, logID, host) = (try row.decode(at: 3), try row.decode(at: 4), try row.decode(at: 5))
        (sequence, message) = (try row.decode(at: 6), try row.decode(at: 7))
        storedPayload = try row.decodeIfPresent(Data.self, at: 8).map(Array.init)
        arrivedPayload = try row.decodeIfPresent(Data.self, at: 9).map(Array.init)
        (acknowledgedBy, reason) = (try row.decodeIfPresent(at: 10), try row.decodeIfPresent(at: 11))
    }
}

extension Fleet {
    /// All hosts, each with how far its log has come, in the order of their names.
    ///
    /// - Throws: ``FleetError``: `notInstalled`, `notPermitted`; `PGError`.
    public func hosts() async throws -> [FleetHost] {
        try await explaining(.reader) { try await connection.query(FleetHost.query).rows.map(FleetHost.init) }
    }

    /// What did not fit when it arrived, oldest first.
    ///
    /// - Parameter isOpen: Whether to leave out what was accepted.
    /// - Throws: ``FleetError``: `notInstalled`, `notPermitted`; `PGError`.
    public func findings(isOpen: Bool = true) async throws -> [FleetFinding] {
        let condition = isOpen ? " WHERE acknowledged IS NULL" : ""
        return try await explaining(.reader) {
            try await connection.query(FleetFinding.query + condition + " ORDER BY id").rows.map(FleetFinding.init)
        }
    }
}
