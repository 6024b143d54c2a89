/// A stretch of 16,384 sequence numbers, the unit in which a log is indexed.
///
/// Entries of one segment lie together. However large the log is, a batch of new rows changes the same few pages, and
/// a search looks in one place of each segment.
struct Segment: Hashable, Comparable {
    static let shift: Int64 = 14

    let number: Int64

    init(number: Int64) { self.number = number }

    /// The segment a row belongs to.
    init(of sequence: Int64) { number = sequence >> Self.shift }

    /// The sequence numbers it covers.
    var rows: ClosedRange<Int64> { number << Self.shift...number << Self.shift | (1 << Self.shift - 1) }

    static func < (left: Segment, right: Segment) -> Bool { left.number < right.number }
}

extension Connection {
    /// The last segment there is, and the last row that is indexed; all before it are, too.
    ///
    /// A number no row can have, which only a forger leaves, is brought within bounds.
    func lastIndexed() throws -> (segment: Segment, through: Int64)? {
        let select = try prepare("SELECT number, through_seq FROM segment ORDER BY number DESC LIMIT 1")
        guard try select.step() else { return nil }
        let number = min(max(select.integer(0), 0), Segment(of: .max).number)
        return (Segment(number: number), max(select.integer(1), 0))
    }
}
