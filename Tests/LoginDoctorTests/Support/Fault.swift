import LoginDoctor

/// One thing that can be wrong, staged, and the cause that the doctor must name first.
struct Fault: Sendable, CustomStringConvertible {
    /// A fault that stands ready to be examined.
    struct Staged {
        var conninfo: String
        var examination: Examination
        /// What lives as long as the fault.
        var props: [any Sendable] = []

        init(_ conninfo: String, _ examination: Examination, props: [any Sendable] = []) {
            (self.conninfo, self.examination, self.props) = (conninfo, examination, props)
        }
    }

    /// What is wrong, in words for the table.
    let description: String
    /// The code of the first cause.
    let code: String
    /// The outcome.
    var outcome = ExaminationReport.Outcome.causeFound
    /// Stages it.
    let stage: @Sendable () async throws -> Staged

    init(
        _ description: String,
        _ code: String,
        _ outcome: ExaminationReport.Outcome = .causeFound,
        stage: @escaping @Sendable () async throws -> Staged
    ) {
        (self.description, self.code, self.outcome, self.stage) = (description, code, outcome, stage)
    }
}
