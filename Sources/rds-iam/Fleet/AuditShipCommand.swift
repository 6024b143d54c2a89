#if Command
import ArgumentParser
import AuditFleet
import LibpqClient
import RDSIAMBasics
import RDSIAMSystem
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

              rds-iam audit ship "host=audit.example.com dbname=fleet user=shipper" --follow

            Exit status: 0 all is shipped, 2 wrong usage, 3 something does not fit, 4 the database, or the log, could not be \
            reached and may be later, 1 anything else.
            """
    )

    @OptionGroup var fleet: FleetOptions

    @Argument(help: "The logs to ship (default: the audit log of --audit-log).")
    var logs: [String] = []

    @Option(name: .customLong("as-host"), help: "The name under which the fleet knows this host (default: its own).")
    var host: String?

    @Option(help: ArgumentHelp("How many rows are sent at a time (default: 10000).", valueName: "NUMBER"))
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
        if let error = outcomes.compactMap(\.error).first { throw error }
        let unsound = outcomes.filter { $0.shipment?.isSound == false }
        guard unsound.isEmpty else {
            let names = unsound.map(\.path.displayed).joined(separator: ", ")
            let advice = "Run: rds-iam audit fleet status CONNINFO."
            throw CommandFailure(status: 3, error: UnsoundFleet(description: "Not all of \(names) fits. \(advice)"))
        }
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
        try await shipper.run(attempts: follow ? nil : 6, isFollowing: follow, connect: connect) { notice in
            switch notice {
            case .shipped(let shipment): if follow { say(shipment, shipper.path, isLast: false) }
            case .interrupted(let error, let wait):
                let seconds = wait.components.seconds
                let moment = seconds > 0 ? "in \(seconds) s" : "at once"
                Main.printError("rds-iam: note: \(Main.oneLine(error)) Trying again \(moment).")
            }
        }
    }

    private func say(_ shipment: Shipment, _ path: String, isLast: Bool) {
        if let finding = shipment.heldBy {
            Main.printError("rds-iam: error: \(path.displayed): finding \(finding) of the fleet stops this log.")
        }
        guard isLast || shipment.stored > 0 else { return }
        if json {
            let members: [String: JSONValue] = [
                "path": .string(path), "log": .string(shipment.logID), "stored": .integer(shipment.stored),
                "known": .integer(shipment.known), "through_row": .integer(shipment.through),
                "held_by": shipment.heldBy.map { .integer($0) } ?? .null,
                "open_findings": .integer(shipment.openFindings),
            ]
            try? JSONOutput("ship", members).print()
        } else {
            print("\(path.displayed): \(shipment.stored) rows shipped, up to row \(shipment.through)")
        }
        fflush(nil)
    }
}
#endif
