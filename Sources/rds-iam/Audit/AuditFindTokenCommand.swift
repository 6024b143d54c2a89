import ArgumentParser
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit find-token`.
struct AuditFindTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "find-token",
        abstract: "Look up a token that has turned up somewhere: was it ours, and is it still alive?",
        discussion: """
            Reads the token from standard input, never from the command line, which other users see in the list of \
            processes. Exits with 1 if the log does not know it. Shows the newest thousand events about it, and that by \
            which it was issued. For example:

              rds-iam audit find-token < found.txt
              rds-iam audit find-token --fingerprint "$(tr -d '\\n' < found.txt | sha256sum | cut -c1-64)"
            """
    )

    @Option(
        help: ArgumentHelp("The SHA-256 of the token's text in hexadecimal, instead of the token.", valueName: "SHA256")
    )
    var fingerprint: String?

    @Flag(help: "One JSON object a line, for each event, as `list --json` prints it.")
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

    func run() async throws {
        let reader = try await log.reader()
        let trace =
            if let fingerprint {
                try await reader.trace(fingerprint: fingerprint)
            } else {
                try await reader.trace(token: StandardInput.text(atMost: 65_536))
            }
        guard trace.isKnown else { throw UnknownToken() }
        for entry in trace.entries { print(json ? entry.jsonLine : AuditLine(entry).text) }
        if !json { Self.verdicts(on: trace).forEach { print($0) } }
    }

    private static func verdicts(on trace: AuditTokenTrace) -> [String] {
        var lines: [String] = []
        if trace.isAbridged { lines.append("there are more events about it than these") }
        if trace.entries.contains(where: { $0.record == nil }) {
            lines.append("this log knows the token, and a row about it cannot be read: run rds-iam audit verify")
        }
        guard let expiry = trace.expiresAt else { return lines }
        let time = expiry.rfc3339
        return lines + [
            trace.isAlive(at: Date()) == true
                ? "ALIVE until \(time): who has it can log in until then; take rds_iam from the user to stop that"
                : "expired at \(time)"
        ]
    }
}

/// The verdict that makes `rds-iam audit find-token` exit with 1.
private struct UnknownToken: Error, CustomStringConvertible {
    let description =
        "This log knows no such token. Give the whole token as it was printed, and ask the logs of other hosts."
}
