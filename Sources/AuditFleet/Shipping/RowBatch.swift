import LibpqClient
import RDSIAMSystem
import TokenAuditLog

/// Rows of a log as the arrays that `audit_fleet.ship` takes: one for each column, one element for each row.
struct RowBatch: Sendable {
    /// How many rows it has.
    private(set) var count = 0
    /// The first row's number; 0 if there is none.
    private(set) var first: Int64 = 0
    /// The last row's number; 0 if there is none.
    private(set) var last: Int64 = 0

    private var sequences = BinaryArray(of: .int8)
    private var times = BinaryArray(of: .int8)
    private var marks = BinaryArray(of: .int4)
    private var users = BinaryArray(of: .text)
    private var leaves = BinaryArray(of: .bytea)
    private var chains = BinaryArray(of: .bytea)
    private var payloads = BinaryArray(of: .bytea)

    /// The arrays, in the order of the function's parameters.
    var parameters: [PGParameter] { [sequences, times, marks, users, leaves, chains, payloads].map(\.parameter) }

    /// About how many bytes are sent.
    var size: Int { payloads.size + 120 * count }

    /// Adds a row with what a quick look at the payload says of it, which the server checks.
    mutating func append(_ row: StoredRow) {
        let user = row.hints.user.flatMap { $0.withUnsafeBytes(Self.isText) ? $0 : nil }
        // Only what a text can hold is looked at where the mark leads to.
        let mark = Self.isText(row.payload) ? Self.mark(in: row.payload, user: user) : nil
        sequences.append(row.sequence)
        times.append(row.hints.time)
        marks.append(mark)
        user.map { $0.withUnsafeBytes { users.append($0) } } ?? users.appendNull()
        leaves.append(row.leaf)
        chains.append(row.chain)
        payloads.append(row.payload)
        if count == 0 { first = row.sequence }
        last = row.sequence
        count += 1
    }

    /// Adds the rows of another batch.
    mutating func append(_ other: RowBatch) {
        guard other.count > 0 else { return }
        sequences.append(other.sequences)
        times.append(other.times)
        marks.append(other.marks)
        users.append(other.users)
        leaves.append(other.leaves)
        chains.append(other.chains)
        payloads.append(other.payloads)
        if count == 0 { first = other.first }
        last = other.last
        count += other.count
    }

    /// Where the user and the time stand in a canonical payload, counted from 1: `"user":"…"},"time_us":…`, or
    /// `,"time_us":…` if there is no user.
    ///
    /// It may be wrong, for a user with an escaped character among others. The server then reads the payload as JSON.
    private static func mark(in payload: UnsafeRawBufferPointer, user: [UInt8]?) -> Int32? {
        guard let place = offset(of: ",\"time_us\":", in: payload) else { return nil }
        let before = user.map { #""user":""}"#.utf8.count + $0.count } ?? 0
        return Int32(exactly: place - before + 1)
    }

    /// Where a text that begins with a comma stands first.
    private static func offset(of text: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        let length = text.utf8CodeUnitCount
        var offset = 0
        while offset + length <= bytes.count {
            guard let comma = memchr(start + offset, Int32(UInt8(ascii: ",")), bytes.count - length + 1 - offset)
            else { return nil }
            offset = UnsafeRawPointer(comma) - start
            if memcmp(comma, text.utf8Start, length) == 0 { return offset }
            offset += 1
        }
        return nil
    }

    private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress, memchr(start, 0, bytes.count) == nil else { return bytes.isEmpty }
        // Without an end before the last byte, the loop takes many bytes at a time.
        return bytes.reduce(0) { $0 | $1 } < 0x80 || String(validating: bytes, as: UTF8.self) != nil
    }
}

/// An array with one dimension in PostgreSQL's binary form (`array_recv`).
private struct BinaryArray: Sendable {
    private let type: PGType
    private var count: Int32 = 0
    private var elements: [UInt8] = []

    init(of type: PGType) { self.type = type }

    var size: Int { elements.count }

    var parameter: PGParameter {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + elements.count)
        // Dimensions, whether there may be NULLs, the elements' type, how many there are, and the first one's number.
        for number in [1, 1, Int32(bitPattern: type.oid), count, 1] {
            withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
        }
        bytes += elements
        return .binary(bytes, type: type.array ?? .inferred)
    }

    mutating func append(_ number: (some FixedWidthInteger)?) {
        guard let number else { return appendNull() }
        withUnsafeBytes(of: number.bigEndian) { append($0) }
    }

    mutating func append(_ content: UnsafeRawBufferPointer) {
        append(length: Int32(content.count))
        elements.append(contentsOf: content)
    }

    mutating func appendNull() { append(length: -1) }

    mutating func append(_ other: BinaryArray) {
        elements += other.elements
        count += other.count
    }

    private mutating func append(length: Int32) {
        withUnsafeBytes(of: length.bigEndian) { elements.append(contentsOf: $0) }
        count += 1
    }
}
