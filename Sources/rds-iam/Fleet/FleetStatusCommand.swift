#if Command
import ArgumentParser
import AuditFleet
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit fleet status`.
struct FleetStatusCommand: FleetSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract:
            "Show every host: its newest row, how late rows arrive, how long it has been silent, what does not fit.",
        discussion: """
            A host is silent if its shipper has not looked for --silent-after, unless its log has ended. Into a pipe or a file goes a line for each \
            host, in fields with a tabulator between: host, path, log, newest row, time of its newest event, last arrival, \
            seconds since its shipper last looked, longest delay in seconds, open findings; then a line for each open \
            finding: "finding", number, host, log, row, kind, message. For example:

              rds-iam audit fleet status CONNINFO --silent-after 15

            Exit status: 0 every host is there and sound, 2 wrong usage, 3 a host is silent or something does not fit, \
            4 the database could not be reached and may be later, 1 anything else.
            """
    )

    @OptionGroup var fleet: FleetOptions

    @Option(name: .customLong("silent-after"), help: "After how many minutes a host is silent.")
    var minutes = 60

    @Flag(help: "Show times as this machine's clocks do, instead of in UTC.")
    var local = false

    @Flag(help: "One JSON object.")
    var json = false

    private struct Answer: Sendable {
        let hosts: [FleetHost]
        let findings: [FleetFinding]
    }

    func perform() async throws {
        let answer = try await fleet.withFleet { fleet in
            Answer(hosts: try await fleet.hosts(), findings: try await fleet.findings())
        }
        if json {
            try printJSON(answer)
        } else if Terminal.output.isTerminal {
            printTable(answer)
        } else {
            printFields(answer)
        }
        if answer.hosts.isEmpty { Main.printError("No log was shipped to this fleet yet: see `rds-iam audit ship`.") }
        let silent = answer.hosts.count { isSilent($0) }
        guard silent > 0 || !answer.findings.isEmpty else { return }
        let text = "Silent hosts: \(silent), open findings: \(answer.findings.count)."
        throw CommandFailure(status: 3, error: UnsoundFleet(description: text))
    }

    private func isSilent(_ host: FleetHost) -> Bool { host.ended == nil && host.silence > Double(minutes) * 60 }

    private func printFields(_ answer: Answer) {
        for host in answer.hosts {
            let fields = [
                host.host, host.path, host.logID, String(host.newestRow), host.newestEvent?.rfc3339,
                host.lastArrival?.rfc3339, String(Int64(host.silence)), host.longestDelay.map { String(Int64($0)) },
                String(host.openFindings),
            ]
            print(fields.map { $0?.displayed ?? "-" }.joined(separator: "\t"))
        }
        for finding in answer.findings {
            let fields = [
                "finding", String(finding.number), finding.host, finding.logID, String(finding.sequence), finding.kind,
                finding.message,
            ]
            print(fields.map(\.displayed).joined(separator: "\t"))
        }
    }

    private func printTable(_ answer: Answer) {
        let style = TimeStyle(isLocal: local)
        let columns: [TextTable.Column] = [
            .init(title: "HOST", least: 10), .init(title: "LOG", least: 10), .init(title: "ROW", isNumber: true),
            .init(title: "NEWEST EVENT", least: 19), .init(title: "DELAY", isNumber: true),
            .init(title: "SILENT FOR", isNumber: true), .init(title: "FINDINGS", isNumber: true),
        ]
        let rows = answer.hosts.map { host in
            [
                TextTable.Cell(host.host, .bold), .init(host.path), .init(String(host.newestRow)),
                .init(host.newestEvent.map { "\(style.day($0)) \(style.clock($0))" } ?? "-"),
                .init(host.longestDelay.map(Self.text) ?? "-"),
                .init(host.ended == nil ? Self.text(host.silence) : "ended", isSilent(host) ? .red : .plain),
                .init(String(host.openFindings), host.openFindings > 0 ? .red : .plain),
            ]
        }
        let table = TextTable(columns, rows, on: .output)
        let names = FleetLogNames(answer.hosts)
        if !rows.isEmpty { print(table.heading) }
        rows.forEach { print(table.line($0)) }
        for finding in answer.findings {
            let place = "\(names.name(of: finding.logID, on: finding.host)), row \(finding.sequence)".displayed
            let text = "\(finding.number) \(finding.kind) (\(place)): \(finding.message.displayed)"
            print(Terminal.output.styled("finding \(text)", .red))
        }
    }

    /// A duration in its largest unit.
    private static func text(_ seconds: Double) -> String {
        switch max(0, seconds) {
        case ..<120: "\(Int64(max(0, seconds))) s"
        case ..<7200: "\(Int64(seconds / 60)) min"
        case ..<172_800: "\(Int64(seconds / 3600)) h"
        default: "\(Int64(seconds / 86_400)) d"
        }
    }

    private func printJSON(_ answer: Answer) throws {
        let hosts: [JSONValue] = answer.hosts.map { host in
            .object([
                "host": .string(host.host), "path": .string(host.path), "log": .string(host.logID),
                "newest_row": .integer(host.newestRow), "begins_after_row": .integer(host.beginsAfter),
                "newest_event": .time(host.newestEvent), "last_arrival": .time(host.lastArrival),
                "last_contact": .time(host.lastContact), "silent_seconds": .number(host.silence),
                "is_silent": .bool(isSilent(host)), "ended": .time(host.ended),
                "longest_delay_seconds": host.longestDelay.map { .number($0) } ?? .null,
                "held_by": host.heldBy.map { .integer($0) } ?? .null, "open_findings": .integer(host.openFindings),
            ])
        }
        let findings: [JSONValue] = answer.findings.map { finding in
            .object([
                "number": .integer(finding.number), "found": .time(finding.found), "kind": .string(finding.kind),
                "host": .string(finding.host), "log": .string(finding.logID), "row": .integer(finding.sequence),
                "message": .string(finding.message), "reported_by": .string(finding.reportedBy),
            ])
        }
        try JSONOutput("fleet.status", ["hosts": .array(hosts), "findings": .array(findings)]).print()
    }
}
#endif
