/// Where the rows of a period end: the last row before a moment, or the first from it on, found by the index of times.
///
/// Rows are nearly in the order of their times, so one side of the moment tells about the other: if the rows that are
/// not asked for are all there are from some number on, no other is among them. Rows whose clock was set back or
/// forward are looked for among those that are asked for, the nearest to the moment first.
struct TimeBound {
    /// In microseconds.
    let moment: Int64
    /// Whether the last row before the moment is asked for, or the first from it on.
    let isEnd: Bool
    /// The rows of the log.
    let rows: ClosedRange<Int64>
    /// How many entries of the index are read in one transaction, about.
    let stride: Int64
    let connection: Connection

    /// Some entries of the index.
    private struct Tally {
        var count: Int64 = 0
        var first = Int64.max
        var last = Int64.min
    }

    /// Returns the row that no row of the period lies beyond.
    func row() throws -> Int64 {
        let wanted = isEnd ? Side.before : .after
        let crossing = try crossing()
        let isWantedSmaller = (crossing - rows.lowerBound < rows.upperBound - crossing) == isEnd
        if isWantedSmaller { return outermost(try tally(wanted, rows)) ?? (isEnd ? rows.lowerBound : rows.upperBound) }
        let others = try tally(isEnd ? .after : .before, rows)
        guard others.count > 0 else { return isEnd ? rows.upperBound : rows.lowerBound }
        let beyond = isEnd ? others.first...rows.upperBound : rows.lowerBound...others.last
        // As many rows of the period are among them at most: fewer if numbers are missing, or rows without a time.
        let missing = beyond.upperBound - beyond.lowerBound + 1 - others.count
        let nearest =
            isEnd
            ? max(rows.lowerBound, others.first - 1) : (others.last < rows.upperBound ? others.last + 1 : others.last)
        guard missing > 0 else { return nearest }
        return outermost(try tally(wanted, beyond, atMost: missing)) ?? nearest
    }

    private func outermost(_ tally: Tally) -> Int64? {
        tally.count == 0 ? nil : isEnd ? tally.last : tally.first
    }

    /// About where the log comes to the moment.
    func crossing() throws -> Int64 {
        let select = try connection.prepare(Queries.timeOfRow)
        var (low, high) = (rows.lowerBound, rows.upperBound)
        while low < high {
            let middle = low + (high - low) / 2
            defer { select.reset() }
            try select.bind(middle, at: 1)
            if try select.step(), select.integer(0) < moment { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: The index

    private enum Side { case before, after }

    /// Counts rows on a side of the moment, beginning at it, until there are so many.
    private func tally(_ side: Side, _ rows: ClosedRange<Int64>, atMost most: Int64 = .max) throws -> Tally {
        var tally = Tally()
        var position: Int64? = moment
        while let start = position, tally.count < most {
            position = try connection.reading {
                let end = try time(after: start, side)
                let chunk = try count(side, start, end, rows)
                tally.count += chunk.count
                (tally.first, tally.last) = (min(tally.first, chunk.first), max(tally.last, chunk.last))
                return end
            }
        }
        return tally
    }

    /// A time so many entries further on; `nil` if there are no more.
    private func time(after start: Int64, _ side: Side) throws -> Int64? {
        let select = try connection.prepare(side == .after ? Queries.laterTime : Queries.earlierTime)
        try select.bind(start, at: 1)
        try select.bind(stride, at: 2)
        guard try select.step() else { return nil }
        // A forger's times may be anything: any number does that is further on.
        guard side == .after ? start < .max : start > .min else { return nil }
        return side == .after ? max(select.integer(0), start + 1) : min(select.integer(0), start - 1)
    }

    private func count(_ side: Side, _ start: Int64, _ end: Int64?, _ rows: ClosedRange<Int64>) throws -> Tally {
        let sql = side == .after ? Queries.countFrom : Queries.countBefore
        let select = try connection.prepare(end == nil ? sql : Queries.countBetween)
        try select.bind(side == .before ? end ?? start : start, at: 1)
        try select.bind(rows.lowerBound, at: 2)
        try select.bind(rows.upperBound, at: 3)
        if let end { try select.bind(side == .after ? end : start, at: 4) }
        guard try select.step(), select.integer(0) > 0 else { return Tally() }
        return Tally(count: select.integer(0), first: select.integer(1), last: select.integer(2))
    }
}
