import ArgumentParser
import RDSIAMSystem

@main
enum Main {
    static func main() async {
        CommandTerminal.offer()
        do {
            var command = try RootCommand.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            try checkOutput()
        } catch {
            leave(after: error)
        }
    }

    /// Makes sure that all that was printed has been written: on a full disk, nothing must not look like an answer.
    private static func checkOutput() throws {
        guard fflush(nil) != 0 else { return }
        let reason = "The system says: \(String(cString: strerror(errno)))."
        throw WritingFailure(name: "standard output", reason: reason)
    }

    /// Ends the process: with 0 after help, with 2 after a usage error, and after any other with one line that says
    /// what to do and the error's own status, or 1.
    private static func leave(after error: any Error) -> Never {
        let status = RootCommand.exitCode(for: error)
        if status == .success {
            print(RootCommand.fullMessage(for: error))
            exit(0)
        }
        let isUsage = status == .validationFailure
        let text = isUsage ? RootCommand.fullMessage(for: error) : "rds-iam: error: \(oneLine(error))"
        printError(MisplacedSecrets(arguments: CommandLine.arguments, isUsage: isUsage).removed(from: text))
        exit(isUsage ? 2 : (error as? CommandFailure)?.status ?? 1)
    }

    static func printError(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    static func oneLine(_ error: any Error) -> String {
        String(describing: error).split(whereSeparator: \.isNewline).map { line in
            line.drop { $0 == " " || $0 == "-" }
        }.joined(separator: "; ").replacing(":; ", with: ": ")
    }
}

/// The command and its subcommands.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rds-iam",
        abstract: "Log in to Amazon RDS and Aurora PostgreSQL with short-lived IAM tokens.",
        discussion: """
            AWS credentials come from the places where the AWS CLI looks for them. Every token that is made is recorded \
            in an audit log.

            Exit status: 0 done, 2 wrong usage, 1 anything else.
            """,
        version: "0.1.0",
        subcommands: [
            TokenCommand.self, ConnectCommand.self, DoctorCommand.self, CredentialsCommand.self, GeneratorsCommand.self,
            ConninfoCommand.self, AuditCommand.self,
        ]
    )
}
