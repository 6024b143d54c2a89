#if Command
import ArgumentParser
import LibpqClient
import RDSIAMBasics
import RDSIAMSystem
import Synchronization

@main
enum Main {
    static func main() async {
        StandardStreams.fillClosed()
        OriginalSignals.change(SIGPIPE, to: SIG_IGN)
        CommandTerminal.offer()
        do {
            try await run(try checkArguments())
            try StandardStreams.finishOutput()
        } catch {
            leave(after: error)
        }
    }

    /// Refuses what the parser would take for something else.
    ///
    /// - Returns: The command that is called.
    private static func checkArguments() throws -> CalledCommand {
        let arguments = ArgumentVector.process
        let words = arguments.words.map { String(decoding: $0, as: UTF8.self) }
        let called = try CalledCommand(words, of: RootCommand.self)
        try arguments.check(for: called)
        return called
    }

    private static func run(_ called: CalledCommand) async throws {
        guard called.type is any InterruptibleCommand.Type else { return try await perform(called) }
        let interruption = Interruption()
        let running = Mutex<Task<Void, any Error>?>(nil)
        // A signal may come before the task has begun.
        try? interruption.begin { running.withLock { $0?.cancel() } }
        let task = Task { try await perform(called) }
        running.withLock { $0 = task }
        if interruption.signal != nil { task.cancel() }
        do {
            try await task.value
        } catch {
            guard let signal = interruption.signal else { throw error }
            _ = fflush(nil)
            if !(error is CancellationError) { printError(text(of: error)) }
            Interruption.leave(by: signal)
        }
    }

    private static func perform(_ called: CalledCommand) async throws {
        var command = try called.parsed()
        do {
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as ValidationError {
            // The parser would show the usage of the whole program.
            throw WrongUsage(error.message, of: called.path)
        }
    }

    /// Ends the process: with 0 after help, with 2 after a usage error, and after any other with one line that says
    /// what to do and the error's own status, or 1.
    private static func leave(after error: any Error) -> Never {
        let isUsage = error is WrongUsage || RootCommand.exitCode(for: error) == .validationFailure
        guard isUsage || RootCommand.exitCode(for: error) != .success else { leave(printing: error) }
        printError(MisplacedSecrets(arguments: CommandLine.arguments, isUsage: isUsage).removed(from: text(of: error)))
        exit(isUsage ? 2 : (error as? CommandFailure)?.status ?? 1)
    }

    /// Ends the process after help, a version or a completion script, which are errors to the parser.
    private static func leave(printing answer: any Error) -> Never {
        print(RootCommand.fullMessage(for: answer).withWrappedUsage(to: Terminal.output.columns))
        do {
            try StandardStreams.finishOutput()
            exit(0)
        } catch {
            printError(text(of: error))
            exit(1)
        }
    }

    private static func text(of error: any Error) -> String {
        if let usage = error as? WrongUsage {
            return "Error: \(usage)\n  See '\(usage.command) --help' for more information."
        }
        if RootCommand.exitCode(for: error) == .validationFailure {
            return RootCommand.fullMessage(for: error).withWrappedUsage(to: Terminal.errors.columns)
        }
        // What a server says stays as it is, in lines of its own.
        let cause = (error as? CommandFailure)?.error ?? error
        return "rds-iam: error: \(cause is PGError || cause is FailedScript ? "\(cause)" : oneLine(error))"
    }

    /// Prints lines to standard error, with their tabs, but without what a terminal would act on.
    static func printError(_ text: String) {
        let bytes = Array((text.escapingInvisible(except: ["\n", "\t"]) + "\n").utf8)
        _ = systemWrite(STDERR_FILENO, bytes, bytes.count)
    }

    /// The error's text, with the items of a list after one another.
    static func oneLine(_ error: any Error) -> String {
        String(describing: error).splitBytes(separator: "\n").map { line in
            let text = line.trimmingASCIISpace()
            return text.hasBytePrefix("- ") ? String(text.dropFirst(2)) : text
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
            in an audit log. For example:

              rds-iam psql -h db.abcdefghijkl.eu-west-2.rds.amazonaws.com -U andrew -d blog
              PGPASSWORD=$(rds-iam token) psql

            Completions for a shell: rds-iam --generate-completion-script bash (or zsh, or fish).

            Exit status: 0 done, 2 wrong usage, 1 anything else; 128 and its number if a signal ended it.
            """,
        version: "0.1.0",
        subcommands: [
            TokenCommand.self, ConnectCommand.self, PsqlCommand.self, ExecCommand.self, EnvCommand.self,
            ConfigCommand.self, DoctorCommand.self, CredentialsCommand.self, GeneratorsCommand.self,
            ConninfoCommand.self,
            AuditCommand.self,
        ] + proxySubcommands,
        helpNames: .long
    )
}
#endif
