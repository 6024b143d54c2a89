/// What searches need to know of some rows of a segment, read from the rows themselves.
struct SegmentDraft {
    /// In the order in which they are stored.
    private(set) var entries: [LookupEntry] = []
    /// The earliest time, in microseconds; nil where no row has one.
    private(set) var first: Int64?
    /// The latest time.
    private(set) var last: Int64?
    /// The last row; nil where there is none.
    private(set) var through: Int64?
    private(set) var count: Int64 = 0

    private static let columns = LookupField.allCases.map(\.column).joined(separator: ", ")

    /// Reads the first `limit` of `rows` that are there.
    init(of rows: ClosedRange<Int64>, limit: Int64 = .max, on connection: Connection, _ hasher: ChainHasher) throws {
        let select = try connection.prepare(
            "SELECT seq, time_us, \(Self.columns) FROM event WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq LIMIT ?3"
        )
        try select.bind(rows.lowerBound, at: 1)
        try select.bind(rows.upperBound, at: 2)
        try select.bind(limit, at: 3)
        while try select.step() { add(select, hasher) }
        entries.sort()
    }

    private mutating func add(_ row: Statement, _ hasher: ChainHasher) {
        let sequence = row.integer(0)
        through = sequence
        count += 1
        addTime(row)
        for (index, field) in LookupField.allCases.enumerated() where !row.isNull(Int32(index) + 2) {
            let key = row.withBytes(Int32(index) + 2) { field.key(of: $0, hasher) }
            entries.append(LookupEntry(key: key, sequence: sequence))
        }
    }

    /// A time that is no whole number, which no writer of ours leaves, is like every time.
    private mutating func addTime(_ row: Statement) {
        guard !row.isNull(1) else { return }
        let isTime = row.isInteger(1)
        first = min(first ?? .max, isTime ? row.integer(1) : .min)
        last = max(last ?? .min, isTime ? row.integer(1) : .max)
    }
}
