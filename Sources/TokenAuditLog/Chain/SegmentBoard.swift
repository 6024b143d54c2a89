import Synchronization

/// Where workers take segments to check and leave what they found.
final class SegmentBoard: Sendable {
    private struct State {
        /// The last row that a worker has taken.
        var position: Int64
        var reports: [WalkReport?] = []
        var failure: (any Error)?
    }

    private let state: Mutex<State>
    private let last: Int64
    private let stride: Int64

    init(after position: Int64, through last: Int64, stride: Int64) {
        state = Mutex(State(position: position))
        self.last = last
        self.stride = stride
    }

    /// The next rows and their place on the board; nil where none are left.
    ///
    /// - Parameter row: Finds the first row from a number on.
    func next(_ row: (Int64) throws -> Int64?) throws -> (rows: ClosedRange<Int64>, index: Int)? {
        try state.withLock { state in
            guard state.failure == nil, state.position < last else { return nil }
            guard let first = try row(state.position + 1), first <= last else {
                state.position = last
                return nil
            }
            state.position = last - first < stride ? last : first + stride - 1
            state.reports.append(nil)
            return (first...state.position, state.reports.count - 1)
        }
    }

    func put(_ report: WalkReport, at index: Int) { state.withLock { $0.reports[index] = report } }

    func fail(_ error: any Error) { state.withLock { $0.failure = error } }

    /// All segments' findings, in the order of the rows.
    func result(startingAt origin: AuditHead) throws -> WalkReport {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            var whole = WalkReport(from: origin)
            for report in state.reports { if let report { whole.append(report) } }
            return whole
        }
    }
}
