import RDSIAMBasics
import RDSIAMSystem

/// One step of the path, which looks at one thing and writes down what it finds.
protocol Rung: Sendable {
    /// What it looks at.
    var name: Step.Name { get }
    /// How long it may take.
    func limit(_ limits: Examination.Limits) -> Duration
    /// Why it cannot be looked at, or `nil` if it can.
    func obstacle(_ findings: Findings) -> String?
    /// Looks, and writes down what it finds.
    ///
    /// - Throws: `CancellationError`; any other error fails the rung with the error's own words.
    func look(_ findings: inout Findings) async throws -> Step
    /// Writes down that looking did not end in time.
    func late(_ findings: inout Findings, after limit: Duration) async -> Step
}

extension Rung {
    func limit(_ limits: Examination.Limits) -> Duration { limits.whole }
    func obstacle(_ findings: Findings) -> String? { nil }
    func late(_ findings: inout Findings, after limit: Duration) async -> Step {
        Step(name, .failed, "no answer within \(limit.inSeconds)")
    }
}

/// Climbs the rungs, one after another, each within its limit and all within theirs.
struct Walk: Sendable {
    private let examination: Examination
    private let clock = ContinuousClock()

    init(_ examination: Examination) { self.examination = examination }

    func run(over rungs: [any Rung], from findings: Findings) async throws -> Findings {
        var findings = findings
        let end = clock.now + examination.limits.whole
        for rung in rungs {
            try Task.checkCancellation()
            examination.progress?(rung.name)
            let start = clock.now
            var step: Step
            if let obstacle = rung.obstacle(findings) {
                step = Step(rung.name, .skipped, obstacle)
            } else {
                let limit = min(rung.limit(examination.limits), end - start)
                (findings, step) = try await Self.climb(rung, findings, within: max(limit, .zero)).both
            }
            step.seconds = (clock.now - start) / .seconds(1)
            findings.steps.append(step)
        }
        return findings
    }

    /// A struct, as a release build miscompiles task groups whose children return tuples.
    private struct Progress: Sendable {
        let findings: Findings
        let step: Step
        var both: (Findings, Step) { (findings, step) }
    }

    private static func climb(
        _ rung: any Rung,
        _ findings: Findings,
        within limit: Duration
    ) async throws -> Progress {
        let progress = try await withThrowingTaskGroup(of: Progress?.self) { group in
            group.addTask {
                var findings = findings
                do {
                    let step = try await rung.look(&findings)
                    return Progress(findings: findings, step: step)
                } catch {
                    if error is CancellationError || Task.isCancelled { throw CancellationError() }
                    return Progress(findings: findings, step: Step(rung.name, .failed, "\(error)".firstLine))
                }
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        if let progress { return progress }
        var findings = findings
        let step = await rung.late(&findings, after: limit)
        return Progress(findings: findings, step: step)
    }
}

extension Duration {
    /// The time for a sentence, such as `5 s` or `0.3 s`.
    var inSeconds: String {
        let seconds = self / .seconds(1)
        return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\((seconds * 10).rounded() / 10) s"
    }
}

extension String {
    /// The text up to the first line end.
    var firstLine: String { splitBytes(separator: "\n").first ?? self }
}
