#if Command
import ArgumentParser
import AuditFleet
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit fleet list`.
struct FleetListCommand: FleetSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List events of all hosts, newest first.",
        discussion: """
            As `rds-iam audit list`, with the host that recorded the event in front. The order is that of the events' own \
            times. \(PeriodOptions.help) For example, who could log in as andrew on 22 November, from any host:

              rds-iam audit fleet list CONNINFO --user andrew \\
                --valid-between 2026-11-22 2026-11-23

            Exit status: 0 done, also if no event matches, 2 wrong usage, 4 the database could not be reached and may be \
            later, 1 anything else.
            """
    )

    @OptionGroup var fleet: FleetOptions

    @OptionGroup var matching: FilterOptions

    @Option(name: .customLong("from-host"), help: "Events that this host has recorded.")
    var host: String?

    @Option(help: ArgumentHelp("At most so many events.", valueName: "NUMBER"))
    var limit = 50

    @Flag(help: "One JSON object a line: the host, the log, and the row as `rds-iam audit list --json` has it.")
    var json = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("A limit is a number from 1 on.") }
    }

    func perform() async throws {
        let answer = try await Progress.during("searching") { try await fleet.withFleet { try await search($0) } }
        let entries = answer.entries
        FleetEventPrinter(isJSON: json, style: matching.period.style, names: answer.names).print(entries)
        if entries.isEmpty { Main.printError("No event matches.") }
        if entries.count < limit { answer.retirements.printNotes() }
        if entries.count == limit, Terminal.output.isTerminal {
            Main.printError("There may be older events: --limit \(limit * 4) shows them.")
        }
    }

    private func search(_ fleet: Fleet) async throws -> FleetAnswer<FleetEntry> {
        let filter = matching.filter
        // A token is valid for a quarter of an hour.
        let begin = filter.since ?? filter.valid.map { $0.lowerBound - 3600 }
        return FleetAnswer(
            entries: try await fleet.entries(matching: filter, host: host, limit: limit),
            names: FleetLogNames(try await fleet.hosts()),
            retirements: try await fleet.retirements(
                since: begin,
                until: filter.until ?? filter.valid?.upperBound,
                host: host
            )
        )
    }
}

/// What a search has found, and what it could not look at.
struct FleetAnswer<Found: Sendable>: Sendable {
    let entries: [Found]
    let names: FleetLogNames
    let retirements: [FleetRetirement]
}

extension [FleetRetirement] {
    /// Says what a search could not find, as it was retired.
    func printNotes() {
        for retirement in self {
            let text = "Not in the fleet any more: \(retirement.wordsForAll)".displayed
            Main.printError("rds-iam: note: \(text).")
        }
    }
}

/// Prints events of several hosts: for a person as a table, for a program as lines of fields or of JSON.
struct FleetEventPrinter {
    let isJSON: Bool
    let style: TimeStyle
    let names: FleetLogNames

    private func name(_ entry: FleetEntry) -> String { names.name(of: entry.logID, on: entry.host) }

    func print(_ entries: [FleetEntry]) {
        if isJSON { return entries.forEach { Swift.print(Self.json($0)) } }
        guard Terminal.output.isTerminal else {
            return entries.forEach { Swift.print("\(name($0).displayed)\t\(EventText($0.entry).fields)") }
        }
        printTable(entries)
    }

    /// A row with its host and log in front.
    static func json(_ entry: FleetEntry) -> String {
        let place = (try? JSONValue.bytes(["host": .string(entry.host), "log": .string(entry.logID)])) ?? []
        let head = String(decoding: place.dropLast(), as: UTF8.self)
        return JSONOutput.fit(head + "," + entry.entry.jsonLine(schema: JSONOutput.schema("fleet.row")).dropFirst())
    }

    private func printTable(_ entries: [FleetEntry]) {
        let columns: [TextTable.Column] = [
            .init(title: "HOST", least: 10, most: 60), .init(title: "ROW", isNumber: true),
            .init(title: style.zone(), least: 19, most: 19), .init(title: "EVENT", least: 8, most: 10),
            .init(title: "USER@SERVER", least: 12), .init(title: "BY", least: 7), .init(title: "AS", least: 7),
        ]
        let rows = entries.map { entry in
            let event = EventText(entry.entry)
            return [
                TextTable.Cell(name(entry), .bold), .init(String(entry.entry.sequence), .dim),
                .init(event.record.map { "\(style.day($0.time)) \(style.clock($0.time))" } ?? "-"),
                .init(event.event, event.style == .plain ? .green : event.style), .init(event.login),
                .init(event.actor), .init(event.principal),
            ]
        }
        let table = TextTable(columns, rows, on: .output)
        Swift.print(table.heading)
        for (row, entry) in zip(rows, entries) {
            Swift.print(table.line(row))
            for note in EventText(entry.entry).notes {
                Swift.print(String(repeating: " ", count: table.offset(of: 4)) + note.displayed)
            }
        }
    }
}
#endif
