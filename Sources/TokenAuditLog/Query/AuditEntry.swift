/// One row of the log: its payload as it was written, its hashes, and what the payload says.
public struct AuditEntry: Sendable, Hashable {
    /// The row's sequence number, from 1 without gaps.
    public let sequence: Int64
    /// The canonical JSON that is hashed, byte for byte.
    public let payload: String
    /// SHA-256 of 0x00 and the payload, as stored.
    package let leafHash: [UInt8]
    /// SHA-256 of 0x02, the previous row's chain hash, the sequence number and the leaf hash, as stored.
    public let chainHash: [UInt8]

    /// What the payload says, field by field; `nil` if it is not as this version writes it.
    public var record: AuditRecord? {
        CanonicalJSONParser.parse(Array(payload.utf8)).flatMap(AuditRecord.init(payload:))
    }

    /// The row as one line of JSON, without the line feed: hashes, the payload, the sequence number.
    ///
    /// The payload stands there byte for byte. If it is not canonical JSON, which only a forger leaves, it stands there
    /// as a JSON string: no payload can add a line or a member.
    public var jsonLine: String {
        "{" + jsonMembers + "}"
    }

    /// ``jsonLine`` with the name of the schema in front.
    package func jsonLine(schema: String) -> String {
        #"{"schema":"\#(schema)",\#(jsonMembers)}"#
    }

    private var jsonMembers: String {
        let hashes = #""chain":"\#(Hexadecimal.encode(chainHash))","leaf":"\#(Hexadecimal.encode(leafHash))""#
        return #"\#(hashes),"payload":\#(payloadJSON),"seq":\#(sequence)"#
    }

    private var payloadJSON: String {
        let bytes = Array(payload.utf8)
        // The parser takes a little more than canonical JSON, such as a zero before a number.
        if case .object(let object)? = CanonicalJSONParser.parse(bytes), CanonicalJSON.object(object).utf8 == bytes {
            return payload
        }
        return String(decoding: CanonicalJSON.string(payload).utf8, as: UTF8.self)
    }

    package init(sequence: Int64, payload: String, leafHash: [UInt8], chainHash: [UInt8]) {
        self.sequence = sequence
        self.payload = payload
        self.leafHash = leafHash
        self.chainHash = chainHash
    }

    /// Reads the columns seq, payload, leaf_hash and chain_hash, in this order.
    init(_ row: Statement) {
        self.init(sequence: row.integer(0), payload: row.text(1), leafHash: row.bytes(2), chainHash: row.bytes(3))
    }
}

extension AuditEntry {
    /// Returns whether the rows have the same number, the same bytes as payload, and the same hashes.
    public static func == (left: Self, right: Self) -> Bool {
        left.sequence == right.sequence && left.payload.isBytewiseEqual(to: right.payload)
            && left.leafHash == right.leafHash && left.chainHash == right.chainHash
    }

    /// Hashes the number and the chain hash, which covers all else.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(sequence)
        hasher.combine(chainHash)
    }
}
