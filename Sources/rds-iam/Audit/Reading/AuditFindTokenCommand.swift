#if Command
import ArgumentParser
import RDSIAMBasics
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit find-token`.
struct AuditFindTokenCommand: AuditSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "find-token",
        abstract: "Look up a token that has turned up somewhere: was it issued here, and is it still valid?",
        discussion: """
            Reads standard input, never the command line, which other users see in the list of processes. The token may \
            stand in other text: in a line of a log, in a URL, percent-encoded once, escaped as in JSON, or broken into \
            several lines. Shows the newest thousand events about it, and that by which it was issued. For example:

              rds-iam audit find-token < found.txt
              tr -d '\\n' < token.txt | sha256sum | cut -c1-64 > fingerprint.txt
              rds-iam audit find-token --fingerprint "$(cat fingerprint.txt)"

            Only signed tokens can be found: of a password that a generator has passed on, the log stores no fingerprint.

            Exit status: 0 this log knows the token, 1 it does not, 2 wrong usage, 5 it could not be looked up.
            """
    )

    @Option(
        help: ArgumentHelp("The SHA-256 of the token's text in hexadecimal, instead of the token.", valueName: "SHA256")
    )
    var fingerprint: String?

    @Flag(help: "Show times as this machine's clocks do, instead of in UTC.")
    var local = false

    @Flag(help: "One JSON object with the verdict and the events.")
    var json = false

    // Taken only to be refused without being repeated.
    @Argument(help: .hidden)
    var misplaced: [String] = []

    @OptionGroup var log: AuditLogOption

    func validate() throws {
        guard misplaced.isEmpty else {
            throw ValidationError("Pipe the token into standard input: other users see what stands on a command line.")
        }
        guard let fingerprint else { return }
        guard Hexadecimal.decode(fingerprint)?.count == 32 else {
            throw ValidationError("--fingerprint must be 64 hexadecimal digits, as sha256sum prints them.")
        }
    }

    func exitStatus(after error: any Error) -> Int32 { 5 }

    func perform() async throws {
        // Read first: a message about the log should not come before the token is typed.
        let text = try fingerprint == nil ? StandardInput.text(atMost: 1 << 20) : ""
        let reader = try await log.reader()
        let traces = try await Progress.during("searching") {
            guard let fingerprint else { return try await reader.traces(in: text) }
            return [try await reader.trace(fingerprint: fingerprint)].filter(\.isKnown)
        }
        let now = Date()
        if json {
            try Self.printJSON(traces, at: now)
        } else {
            for trace in traces { show(trace, at: now) }
        }
        guard !traces.isEmpty else { throw CommandFailure(status: 1, error: UnknownToken()) }
    }

    private func show(_ trace: AuditTokenTrace, at now: Date) {
        let style = TimeStyle(isLocal: local)
        var printer = EventPrinter(isJSON: false, style: style)
        printer.print(trace.entries)
        if trace.isAbridged { print("There are more events about it than these.") }
        if trace.hasUnreadableRows {
            print("A row about it cannot be read: run rds-iam audit verify, or a newer rds-iam.")
        }
        let end = trace.expiresAt.map { "\(style.day($0)) \(style.clock($0)) \(style.zone(at: $0))" } ?? "unknown"
        switch trace.verdict(at: now) {
        case .valid:
            print("Until it expires, anyone who has it can log in. Only revoking rds_iam from the user stops that.")
            print(Terminal.output.styled("VALID until \(end).", .red))
        case .expired: print("Expired at \(end).")
        default:
            let advice = "It may still log in: change what it logs in with."
            print(Terminal.output.styled("NO KNOWN END.", .red) + " " + advice)
        }
    }

    /// Prints the verdict on the token, or on the one of several that matters most.
    private static func printJSON(_ traces: [AuditTokenTrace], at now: Date) throws {
        let order: [AuditTokenTrace.Verdict] = [.valid, .noKnownEnd, .expired]
        let verdicts = traces.map { $0.verdict(at: now) }
        let worst = order.first { verdicts.contains($0) } ?? .unknown
        let tokens = traces.map { trace in
            let members: [String: JSONValue] = [
                "fingerprint": .string(trace.fingerprint), "verdict": .string(trace.verdict(at: now).rawValue),
                "expires_at": .time(trace.expiresAt), "is_abridged": .bool(trace.isAbridged),
                "has_unreadable_rows": .bool(trace.hasUnreadableRows),
            ]
            return AuditTokenJSON(members: members, entries: trace.entries)
        }
        let texts = try tokens.map { try $0.text }.joined(separator: ",")
        print(
            #"{"schema":"\#(JSONOutput.schema("find-token"))","tokens":[\#(texts)],"verdict":"\#(worst.rawValue)"}"#
        )
    }
}

/// A token with its rows, whose payloads stay as they are stored.
private struct AuditTokenJSON {
    let members: [String: JSONValue]
    let entries: [AuditEntry]

    var text: String {
        get throws {
            let object = JSONOutput.fit(String(decoding: try JSONValue.bytes(members), as: UTF8.self))
            let rows = entries.map(EventPrinter.json).joined(separator: ",")
            return #"{"events":[\#(rows)],\#(object.dropFirst())"#
        }
    }
}

/// The verdict that makes `rds-iam audit find-token` exit with 1.
private struct UnknownToken: Error, CustomStringConvertible {
    let description =
        "This log knows no such token. Give the whole token as it was printed, and ask the logs of other hosts."
}
#endif
