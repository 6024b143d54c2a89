#if Command
import ArgumentParser
import RDSIAMBasics
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit head`.
struct AuditHeadCommand: AuditSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "head",
        abstract: "Print the chain head: the last row's number and hash, to be stored elsewhere.",
        discussion: """
            Prints the log's name, the row's number and its chain hash. Store it where the log's writers cannot change it, \
            and give it to `rds-iam audit verify --head` later. For example, once a day into the system's log:

              rds-iam audit head | logger -t rds-iam

            Exit status: 0 done, 2 wrong usage, 4 another process held the log for too long, 1 anything else.
            """
    )

    @Flag(help: "One JSON object.")
    var json = false

    @OptionGroup var log: AuditLogOption

    func perform() async throws {
        let head = try await log.reader().head()
        guard json else { return print(head) }
        try JSONOutput("head", head.json).print()
    }
}

extension AuditHead {
    /// The head as members of a JSON object.
    var json: [String: JSONValue] {
        [
            "head": .string(description), "log": .string(logID), "row": .integer(sequence),
            "chain": .string(Hexadecimal.encode(chainHash)),
        ]
    }
}
#endif
