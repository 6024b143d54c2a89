import Synchronization

/// Where workers take segments to check and leave what they found.
final class SegmentBoard: Sendable {
    private struct State {
        var next = 0
        var reports: [AuditVerification?]
        var statements: [[LogStatement]]
        var failure: (any Error)?
    }

    private let state: Mutex<State>

    init(count: Int) {
        let state = State(reports: Array(repeating: nil, count: count), statements: Array(repeating: [], count: count))
        self.state = Mutex(state)
    }

    func next() -> Int? {
        state.withLock { state in
            guard state.failure == nil, state.next < state.reports.count else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    func put(_ report: AuditVerification, _ statements: [LogStatement], at index: Int) {
        state.withLock { state in
            state.reports[index] = report
            state.statements[index] = statements
        }
    }

    func fail(_ error: any Error) { state.withLock { $0.failure = error } }

    /// All segments' findings, in the order of the rows.
    func result(startingAt origin: AuditHead) throws -> (AuditVerification, [LogStatement]) {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            var whole = AuditVerification(head: origin)
            for report in state.reports { if let report { whole.append(report) } }
            return (whole, state.statements.flatMap { $0 })
        }
    }
}
