import ArgumentParser
import TokenAuditLog

/// `rds-iam audit`: looks into the audit log, and changes nothing.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Inspect the record of every token that was made.",
        subcommands: [List.self, Verify.self]
    )

    /// `rds-iam audit list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List events, newest first.")

        @Flag(help: "One JSON object a line: the row's hashes, its number and its payload as it is stored.")
        var json = false

        @OptionGroup var log: AuditLogOption

        func run() async throws {
            let reader = try await AuditLogReader.open(log.resolved())
            var cursor: AuditCursor?
            repeat {
                let page = try await reader.entries(limit: 500, after: cursor)
                for entry in page.entries { print(json ? entry.jsonLine : AuditLine(entry).text) }
                cursor = page.next
            } while cursor != nil
        }
    }

    /// `rds-iam audit verify`.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that no row was changed, removed or put in.",
            discussion: """
                Prints the log's head when all is well: keep it elsewhere, for only a head that was kept elsewhere tells \
                of rows that were cut off at the end. Exits with 1, one line for each finding, when something is wrong.
                """
        )

        @OptionGroup var log: AuditLogOption

        func run() async throws {
            let path = try log.resolved()
            let report = try await AuditLogReader.open(path).verify()
            for finding in report.findings {
                print("row \(finding.sequence)\t\(finding.kind.rawValue)\t\(finding.message)")
            }
            guard report.isIntact else { throw DamagedLog(path: path, findings: report.findings.count) }
            print("\(path) is intact: \(report.rows) rows\t\(report.head)")
        }
    }
}

/// The verdict that makes `rds-iam audit verify` exit with 1.
struct DamagedLog: Error, CustomStringConvertible {
    let path: String
    let findings: Int

    var description: String {
        "\(path) is not as it was written, see above (findings: \(findings)); keep the file and compare it with a backup"
    }
}
