import Foundation
import LoginDoctor
import RDSIAMSystem
import Testing

/// The table of staged faults, which stands in the documents as well.
enum FaultTable {
    static let all = Fault.ofSettings + Fault.ofCredentials + Fault.ofNetwork + Fault.ofServer

    /// A row of the table in Markdown.
    static func row(_ fault: Fault, _ report: ExaminationReport) -> String {
        "| \(fault.description) | `\(report.causes.first?.code ?? "")` | \(report.answer) |"
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
        try print(fault, report)
        try await expectNoSecret(in: report)
    }

    /// Adds the row to the file that `RDS_IAM_FAULT_TABLE` names, for the documents.
    private func print(_ fault: Fault, _ report: ExaminationReport) throws {
        guard let path = ProcessInfo.processInfo.environment["RDS_IAM_FAULT_TABLE"] else { return }
        if !FileManager.default.fileExists(atPath: path) {
            try "| what is wrong | first cause | answer |\n|---|---|---|\n".write(
                toFile: path,
                atomically: true,
                encoding: .utf8
            )
        }
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data((FaultTable.row(fault, report) + "\n").utf8))
        try handle.close()
    }

    private func expectNoSecret(in report: ExaminationReport) async throws {
        let text = String(decoding: try JSONValue.encode(report), as: UTF8.self)
        let keys = try await Stage.keys()
        for secret in [keys["AWS_SECRET_ACCESS_KEY"], keys["AWS_SESSION_TOKEN"], "123456789012"].compactMap(\.self) {
            #expect(!text.contains(secret))
        }
        #expect(!text.contains("X-Amz-Signature=") || text.contains("X-Amz-Signature=(64 digits, not shown)"))
    }

    @Test("at least 30 faults are staged, each once")
    func count() {
        #expect(FaultTable.all.count >= 30)
        #expect(Set(FaultTable.all.map(\.description)).count == FaultTable.all.count)
    }
}
