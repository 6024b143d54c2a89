import RDSIAMSystem
import TokenAuditLog

/// Rows of a log in the binary form of COPY (PostgreSQL, "COPY", "Binary Format").
struct RowBatch: Sendable {
    /// What is sent.
    private(set) var bytes: [UInt8]
    /// How many rows it has.
    private(set) var count = 0
    /// The first row's number; 0 if there is none.
    private(set) var first: Int64 = 0
    /// The last row's number; 0 if there is none.
    private(set) var last: Int64 = 0

    /// The columns of the table for batches.
    static let columns = "seq, time_us, db_user, leaf, chain_hash, payload, raw"
    private static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00]

    init(capacity: Int = 0) {
        bytes = Self.signature + [UInt8](repeating: 0, count: 8)
        bytes.reserveCapacity(capacity)
    }

    /// Adds a row with what a quick look at the payload says of it, which the server checks.
    mutating func append(_ row: StoredRow) {
        integer(Int16(7))
        field(row.sequence)
        if let time = row.hints.time { field(time) } else { null() }
        if let user = row.hints.user, user.withUnsafeBytes(Self.isText) { field(user) } else { null() }
        field(row.leaf)
        field(row.chain)
        // A text can hold any UTF-8 but NUL. What it cannot hold goes as bytes.
        if Self.isText(row.payload) {
            field(row.payload)
            null()
        } else {
            null()
            field(row.payload)
        }
        if count == 0 { first = row.sequence }
        last = row.sequence
        count += 1
    }

    /// Ends the batch.
    mutating func finish() { integer(Int16(-1)) }

    private mutating func null() { integer(Int32(-1)) }

    private mutating func field(_ number: Int64) {
        integer(Int32(8))
        integer(number)
    }

    private mutating func field(_ content: [UInt8]) {
        integer(Int32(content.count))
        bytes += content
    }

    private mutating func field(_ content: UnsafeRawBufferPointer) {
        integer(Int32(content.count))
        bytes.append(contentsOf: content)
    }

    private mutating func integer(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress, memchr(start, 0, bytes.count) == nil else { return bytes.isEmpty }
        // Without an end before the last byte, the loop takes many bytes at a time.
        return bytes.reduce(0) { $0 | $1 } < 0x80 || String(validating: bytes, as: UTF8.self) != nil
    }
}
