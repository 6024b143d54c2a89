import Foundation
import LoginDoctor
import RDSIAMSystem
import TestSupport
import Testing

/// The table of staged faults, which stands in the documents as well.
enum FaultTable {
    static let all = Fault.ofSettings + Fault.ofCredentials + Fault.ofNetwork + Fault.ofServer

    /// The table in Markdown, a line for each row.
    static var markdown: [String] {
        ["| Fault | First cause | Exit status |"]
            + all.map { fault in
                "| \(fault.description) | `\(fault.code)` | \(fault.outcome.exitStatus) |"
            }
    }
}

@Suite("Staged faults", .timeLimit(.minutes(5)), .serialized)
struct FaultTests {
    @Test("the first cause is the fault", arguments: FaultTable.all)
    func firstCause(_ fault: Fault) async throws {
        let staged = try await fault.stage()
        let report = try await staged.examination.report(on: staged.conninfo)
        withExtendedLifetime(staged) {}
        let found = report.causes.map { "\($0.code) (\($0.certainty.rawValue))" }.joined(separator: ", ")
        #expect(report.causes.first?.code == fault.code, "\(fault): \(found); \(report.words)")
        #expect(report.outcome == fault.outcome, "\(fault): \(report.outcome.rawValue)")
        #expect(report.advice?.isEmpty == false)
        // A policy is shown only if it can be the cause.
        #expect(report.statement == nil || report.causes.contains { $0.code == "missingPermission" }, "\(found)")
        try await expectNoSecret(in: report)
    }

    private func expectNoSecret(in report: ExaminationReport) async throws {
        let text = String(decoding: try JSONValue.encode(report), as: UTF8.self)
        let keys = try await Stage.keys()
        for secret in [keys["AWS_SECRET_ACCESS_KEY"], keys["AWS_SESSION_TOKEN"], "123456789012"].compactMap(\.self) {
            #expect(!text.contains(secret))
        }
        #expect(!text.contains("X-Amz-Signature=") || text.contains("X-Amz-Signature=(64 digits, not shown)"))
    }

    @Test("the page has the table")
    func page() throws {
        let path = Repository.path("Sources/LoginDoctor/LoginDoctor.docc/StagedFaults.md")
        let page = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        let table = page.filter { $0.hasPrefix("| ") }
        #expect(table == FaultTable.markdown, "It should be:\n\(FaultTable.markdown.joined(separator: "\n"))")
    }

    @Test("at least 30 faults are staged, each once")
    func count() {
        #expect(FaultTable.all.count >= 30)
        #expect(Set(FaultTable.all.map(\.description)).count == FaultTable.all.count)
    }
}
