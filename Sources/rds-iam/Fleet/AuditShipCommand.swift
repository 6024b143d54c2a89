#if Command
import ArgumentParser
import AuditFleet
import LibpqClient
import RDSIAMBasics
import RDSIAMSystem
import Synchronization
import TokenAuditLog

/// `rds-iam audit ship`.
struct AuditShipCommand: FleetSubcommand, InterruptibleCommand {
    static let configuration = CommandConfiguration(
        commandName: "ship",
        abstract: "Copy new rows of this host's audit log into the fleet's PostgreSQL.",
        discussion: """
            Each row is stored once, however often it is sent, and is checked on arrival. What does not fit is a finding of \
            the fleet and stops the log it is about; other logs go on. Nothing but the log is stored on this host: what was \
            shipped, the fleet knows. The database's user needs the role audit_fleet_shipper. For example:

              rds-iam audit ship "host=audit.example.com dbname=fleet user=shipper" \\
                --follow

            With --follow, a log that is not there yet is waited for, a login that fails after one that succeeded is tried \
            again, and one of several logs that a finding stops goes on once the finding is accepted.

            Exit status: 0 all is shipped, 2 wrong usage, 3 something does not fit, 4 the database, or the log, could not be \
            reached and may be later, 1 anything else.
            """
    )

    @OptionGroup var fleet: FleetOptions

    @Argument(help: "The logs to ship (default: the audit log of --audit-log).", completion: .file())
    var logs: [String] = []

    @Option(name: .customLong("as-host"), help: "The name under which the fleet knows this host (default: its own).")
    var host: String?

    @Option(help: ArgumentHelp("How many rows are sent at a time, at most (default: 1000).", valueName: "NUMBER"))
    var batch: Int?

    @Flag(help: "Send all rows again, once, to have them compared with what the fleet has.")
    var again = false

    @Flag(help: "Go on at the log's end, and through failures that may pass, until the process ends.")
    var follow = false

    @Flag(help: "One JSON object for each log, when it ends; with --follow for each shipment.")
    var json = false

    func validate() throws {
        guard batch ?? 1 > 0 else { throw ValidationError("A batch has 1 row or more.") }
        guard !again || !follow else { throw ValidationError("Say either --again or --follow.") }
    }

    func perform() async throws {
        let paths = try logs.isEmpty ? [fleet.audit.log.resolved()] : logs
        let outcomes: [Outcome] = try await fleet.withConnector { connect in
            try await withThrowingTaskGroup(of: Outcome.self) { group in
                for path in paths { group.addTask { [self] in await ship(path, connect) } }
                return try await group.reduce(into: [Outcome]()) { $0.append($1) }
            }
        }
        try Task.checkCancellation()
        // If there are several logs, the failure of each is printed already.
        if let error = unsound(outcomes) { throw CommandFailure(status: 3, error: error) }
        if let error = outcomes.compactMap(\.error).first { throw error }
    }

    private func unsound(_ outcomes: [Outcome]) -> UnsoundFleet? {
        let logs = outcomes.compactMap { outcome -> String? in
            guard let shipment = outcome.shipment, !shipment.isSound else { return nil }
            let isShipped = shipment.heldBy == nil ? "is shipped" : "is not shipped to its end"
            let shown = shipment.findings.prefix(3).map(Self.words).joined(separator: "; ")
            let left = shipment.findings.count - 3
            return
                "\(outcome.path.displayed) \(isShipped), and has open findings: \(shown)\(left > 0 ? "; and \(left) more" : "")."
        }
        guard !logs.isEmpty else { return nil }
        let advice =
            "A user with the role audit_fleet_reader sees them (rds-iam audit fleet status CONNINFO), and the schema's owner "
            + "accepts them (rds-iam audit fleet resume)."
        return UnsoundFleet(description: (logs.sorted() + [advice]).joined(separator: " "))
    }

    private static func words(_ finding: Shipment.Finding) -> String {
        let meaning =
            switch finding.kind {
            case "second-place": ": it comes from another file or host than before"
            case "second-chain": ": another log has come from this file of this host before"
            default: ""
            }
        return "\(finding.number) (\(finding.kind), row \(finding.row)\(meaning))"
    }

    /// How a log ended.
    private struct Outcome: Sendable {
        let path: String
        var shipment: Shipment?
        var error: (any Error)?
    }

    private func ship(_ path: String, _ connect: @escaping @Sendable () async throws -> PGConnection) async -> Outcome {
        var shipper = LogShipper(path, host: host)
        if let batch { shipper.limits.rows = batch }
        shipper.waitsWhileHeld = follow && logs.count > 1
        do {
            let shipment = try await again ? shipAgain(shipper, connect) : ship(shipper, connect)
            if !follow || shipment.heldBy != nil { say(shipment, path, isLast: true) }
            return Outcome(path: path, shipment: shipment)
        } catch {
            // A signal that ends the process is no failure of the log's. The last error is printed at the end.
            if !Task.isCancelled && logs.count > 1 {
                Main.printError("rds-iam: error: \(path.displayed): \(Main.oneLine(error))")
            }
            return Outcome(path: path, error: error)
        }
    }

    private func shipAgain(_ shipper: LogShipper, _ connect: () async throws -> PGConnection) async throws -> Shipment {
        let connection = try await connect()
        let shipment = try await shipper.ship(over: connection, from: 0)
        await connection.close()
        return shipment
    }

    private func ship(
        _ shipper: LogShipper,
        _ connect: @escaping @Sendable () async throws -> PGConnection
    ) async throws -> Shipment {
        let heldBefore = Mutex<Int64?>(nil)
        let missing = Mutex(false)
        return try await shipper.run(attempts: follow ? nil : 6, isFollowing: follow, connect: connect) { notice in
            switch notice {
            case .shipped(let shipment):
                let held = heldBefore.withLock { before in
                    defer { before = shipment.heldBy }
                    return before
                }
                missing.withLock { $0 = false }
                if follow && (held == nil || held != shipment.heldBy) { say(shipment, shipper.path, isLast: false) }
            case .interrupted(let error, let wait):
                // A file that people must mend is named once, not once a minute.
                let isKnown = missing.withLock { isMissing in
                    defer { isMissing = error is AuditLogError }
                    return isMissing && error is AuditLogError
                }
                if isKnown { return }
                let seconds = wait.components.seconds
                let moment = seconds > 0 ? "in \(seconds) s" : "at once"
                let name = logs.count > 1 ? "\(shipper.path.displayed): " : ""
                Main.printError("rds-iam: note: \(name)\(Main.oneLine(error)) Trying again \(moment).")
            }
        }
    }

    private func say(_ shipment: Shipment, _ path: String, isLast: Bool) {
        if let number = shipment.heldBy {
            let finding = shipment.findings.first { $0.number == number }.map(Self.words) ?? "\(number)"
            Main.printError("rds-iam: error: \(path.displayed): finding \(finding) of the fleet stops this log.")
        }
        guard isLast || shipment.stored > 0 else { return }
        if json {
            let members: [String: JSONValue] = [
                "path": .string(path), "log": .string(shipment.logID), "stored": .integer(shipment.stored),
                "known": .integer(shipment.known), "through_row": .integer(shipment.through),
                "held_by": shipment.heldBy.map { .integer($0) } ?? .null,
                "open_findings": .integer(shipment.openFindings),
                "findings": .array(
                    shipment.findings.map { finding in
                        .object([
                            "number": .integer(finding.number), "kind": .string(finding.kind),
                            "row": .integer(finding.row),
                        ])
                    }
                ),
            ]
            try? JSONOutput("ship", members).print()
        } else {
            print("\(path.displayed): \(shipment.stored) rows shipped, up to row \(shipment.through)")
        }
        fflush(nil)
    }
}
#endif
