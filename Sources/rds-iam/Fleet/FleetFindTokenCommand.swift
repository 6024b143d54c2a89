#if Command
import ArgumentParser
import AuditFleet
import RDSIAMBasics
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit fleet find-token`.
struct FleetFindTokenCommand: FleetSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "find-token",
        abstract: "Look up a token that has turned up somewhere, in the logs of all hosts.",
        discussion: """
            Reads standard input, never the command line, as `rds-iam audit find-token` does. Only hashes are sent to the \
            database. For example:

              rds-iam audit fleet find-token CONNINFO < token.txt

            Exit status: 0 a log knows the token, 1 none does, 2 wrong usage, 5 it could not be looked up.
            """
    )

    @OptionGroup var fleet: FleetOptions

    @Option(
        help: ArgumentHelp("The SHA-256 of the token's text in hexadecimal, instead of the token.", valueName: "SHA256")
    )
    var fingerprint: String?

    @Flag(help: "Show times as this machine's clocks do, instead of in UTC.")
    var local = false

    @Flag(help: "One JSON object a line for each event.")
    var json = false

    func validate() throws {
        guard let fingerprint else { return }
        guard Hexadecimal.decode(fingerprint)?.count == 32 else {
            throw ValidationError("--fingerprint must be 64 hexadecimal digits, as sha256sum prints them.")
        }
    }

    func exitStatus(after error: any Error) -> Int32 { 5 }

    func perform() async throws {
        let text = try fingerprint == nil ? StandardInput.text(atMost: 1 << 20) : ""
        let answer = try await Progress.during("searching") { try await fleet.withFleet { try await search($0, text) } }
        for trace in answer.entries { show(trace, answer.names) }
        guard answer.entries.isEmpty else { return }
        answer.retirements.printNotes()
        throw CommandFailure(status: 1, error: UnsoundFleet(description: "No log of the fleet knows such a token."))
    }

    private func search(_ fleet: Fleet, _ text: String) async throws -> FleetAnswer<FleetTrace> {
        let traces =
            if let fingerprint {
                [try await fleet.trace(fingerprint: fingerprint)].filter(\.trace.isKnown)
            } else {
                try await fleet.traces(in: text)
            }
        return FleetAnswer(
            entries: traces,
            names: FleetLogNames(try await fleet.hosts()),
            retirements: try await fleet.retirements()
        )
    }

    private func show(_ trace: FleetTrace, _ names: FleetLogNames) {
        let style = TimeStyle(isLocal: local)
        FleetEventPrinter(isJSON: json, style: style, names: names).print(trace.entries)
        if json { return }
        if trace.trace.isAbridged { print("There are more events about it than these.") }
        let end = trace.trace.expiresAt.map { "\(style.day($0)) \(style.clock($0)) \(style.zone(at: $0))" } ?? "unknown"
        switch trace.trace.verdict(at: Date()) {
        case .valid: print(Terminal.output.styled("VALID until \(end).", .red))
        case .expired: print("Expired at \(end).")
        default: print(Terminal.output.styled("NO KNOWN END.", .red))
        }
    }
}
#endif
