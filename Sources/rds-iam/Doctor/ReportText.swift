#if Command
import LoginDoctor
import RDSIAMBasics

/// A report for a terminal: the answer, then the ladder, then what else there is to say.
struct ReportText {
    let lines: [String]

    init(_ report: ExaminationReport, on terminal: Terminal, isVerbose: Bool) {
        let writer = ReportWriter(terminal: terminal, isVerbose: isVerbose)
        lines =
            writer.answer(report) + [""] + writer.ladder(report.steps)
            + writer.words(report)
            + writer.causes(report.causes)
            + writer.copied("The right that the login needs; compare it with the policy", report.statement)
            + writer.section("What only AWS's side can see", report.elsewhere)
    }
}

private struct ReportWriter {
    let terminal: Terminal
    let isVerbose: Bool

    // MARK: Answer

    func answer(_ report: ExaminationReport) -> [String] {
        let isUntried = report.causes.isEmpty && !failed(report)
        let (mark, style) = mark(report.ok ? .passed : isUntried ? .skipped : .failed)
        var lines = wrapped(report.answer, indent: "  ")
        lines[0] = terminal.styled(mark, style) + " " + terminal.styled(String(lines[0].dropFirst(2)), .bold)
        for index in lines.indices.dropFirst() { lines[index] = terminal.styled(lines[index], .bold) }
        if let advice = report.advice { lines += wrapped(advice, indent: "  ") }
        if let next = report.next { lines.append("  Run: " + terminal.styled(shown(next), .bold)) }
        return lines
    }

    private func failed(_ report: ExaminationReport) -> Bool { report.steps.contains { $0.mark == .failed } }

    // MARK: Ladder

    func ladder(_ steps: [Step]) -> [String] {
        var lines: [String] = []
        var rest = steps[...]
        while let first = rest.first {
            let own = rest.prefix { $0.server == first.server }
            if let server = first.server { lines += ["", terminal.styled("Server \(server.displayed)", .bold)] }
            lines += ladderOfServer(Array(own))
            rest = rest.dropFirst(own.count)
        }
        return lines
    }

    private func ladderOfServer(_ steps: [Step]) -> [String] {
        if isVerbose { return steps.flatMap(step) }
        var lines: [String] = []
        var rest = steps[...]
        while let first = rest.first {
            let skipped = rest.prefix { $0.mark == .skipped && $0.summary.isBytewiseEqual(to: first.summary) }
            if skipped.count > 1 {
                lines += notReached(skipped)
                rest = rest.dropFirst(skipped.count)
            } else {
                lines += step(first)
                rest = rest.dropFirst()
            }
        }
        return lines
    }

    /// One line for all steps in a row that were not looked at for the same reason.
    private func notReached(_ steps: ArraySlice<Step>) -> [String] {
        let names = steps.map(\.name.rawValue).joined(separator: ", ")
        let lines = wrapped("\(steps.first?.summary ?? ""): \(names)", indent: String(repeating: " ", count: 14))
        return lines.enumerated().map { index, line in
            let (mark, style) = mark(.skipped)
            let head = index == 0 ? terminal.styled(mark, style) + String(repeating: " ", count: 13) : ""
            return head + terminal.styled(index == 0 ? String(line.dropFirst(14)) : line, .dim)
        }
    }

    private func step(_ step: Step) -> [String] {
        let (mark, style) = mark(step.mark)
        let time = step.mark == .skipped ? "" : Self.time(step.seconds)
        let name = step.name.rawValue.padded(to: 12)
        let room = max(20, terminal.columns - 14 - 10)
        let summary = shown(step.summary)
        let parts = summary.wrapped(to: room)
        var lines = parts.enumerated().map { index, part in
            let head = index == 0 ? terminal.styled(mark, style) + " " + name : String(repeating: " ", count: 14)
            let text = step.mark == .skipped ? terminal.styled(part, .dim) : part
            guard index == 0, !time.isEmpty else { return head + text }
            let gap = String(repeating: " ", count: max(1, terminal.columns - 14 - part.columns - time.columns))
            return head + text + gap + terminal.styled(time, .dim)
        }
        if isVerbose || [.failed, .warning].contains(step.mark) || step.name == .settings {
            for detail in step.details {
                lines += wrapped(detail, indent: String(repeating: " ", count: 14)).map { terminal.styled($0, .dim) }
            }
        }
        return lines
    }

    private func mark(_ mark: Step.Mark) -> (String, TextStyle) {
        switch mark {
        case .passed: (terminal.hasUnicode ? "✓" : "+", .green)
        case .warning: ("!", .yellow)
        case .failed: (terminal.hasUnicode ? "✗" : "x", .red)
        default: (terminal.hasUnicode ? "–" : "-", .dim)
        }
    }

    private static func time(_ seconds: Double) -> String {
        seconds < 0.0995 ? "\(Int((seconds * 1000).rounded())) ms" : "\((seconds * 10).rounded() / 10) s"
    }

    // MARK: Sections

    func causes(_ causes: [Cause]) -> [String] {
        // The answer is the first cause; the section is for what points to it, and for the others.
        guard causes.count > 1 || causes.first?.server != nil || causes.first?.evidence.isEmpty == false else {
            return []
        }
        var shown: Set<ByteText> = []
        var lines = ["", terminal.styled("Causes, the most probable first", .bold)]
        for (index, cause) in causes.enumerated() {
            lines += wrapped(
                (cause.server.map { "At \($0): " } ?? "")
                    + "\(cause.code) (\(cause.certainty.rawValue)): \(cause.summary)",
                indent: "  ",
                bullet: "\(index + 1). "
            )
            // Several causes may go by the same words; once is enough.
            for fact in cause.evidence where shown.insert(ByteText(fact)).inserted {
                lines += wrapped(fact, indent: "     ", bullet: "- ")
            }
            if index > 0 { lines += wrapped(cause.advice, indent: "     ") }
        }
        return lines
    }

    /// The words in order, unless they stand in the ladder already.
    func words(_ report: ExaminationReport) -> [String] {
        let isShown = report.words.count == 1 && report.steps.contains { $0.summary == report.words[0] }
        return section("What was said, in order", isShown ? [] : report.words)
    }

    func section(_ title: String, _ texts: [String]) -> [String] {
        guard !texts.isEmpty else { return [] }
        return ["", terminal.styled(title, .bold)] + texts.flatMap { wrapped($0, indent: "  ", bullet: "- ") }
    }

    /// A section with a text that people copy, which is therefore not wrapped.
    func copied(_ title: String, _ text: String?) -> [String] {
        guard let text else { return [] }
        return ["", terminal.styled(title, .bold), "  " + shown(text)]
    }

    // MARK: Lines

    /// - Parameter bullet: What the first line begins with; the others are indented by as much.
    private func wrapped(_ text: String, indent: String, bullet: String = "") -> [String] {
        let lines = shown(text).wrapped(to: max(20, terminal.columns - indent.columns - bullet.columns))
        let space = String(repeating: " ", count: bullet.columns)
        return lines.enumerated().map { index, line in indent + (index == 0 ? bullet : space) + line }
    }

    /// A text as it can be copied: what a terminal would act on is shown as an escape, a backslash as it is.
    private func shown(_ text: String) -> String {
        let text = text.displayed.replacingBytes("\\\\", with: "\\")
        return terminal.hasUnicode ? text : text.replacingBytes("…", with: "...")
    }
}
#endif
