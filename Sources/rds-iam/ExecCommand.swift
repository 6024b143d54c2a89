#if Command
import ArgumentParser
import PGRDSIAM

/// `rds-iam exec`: any program that reads libpq's variables.
struct ExecCommand: AsyncParsableCommand, InterruptibleCommand, PassingOnCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a program with a token in its environment.",
        usage: "rds-iam exec [CONNINFO] [OPTIONS] -- PROGRAM [ARGUMENTS]",
        discussion: """
            The program finds PGHOST, PGUSER, PGPASSWORD and the others that libpq reads in its environment, instead of \
            those of this one. It takes the place of rds-iam, with its terminal and its signals. For example:

              rds-iam exec -d blog -U andrew -- pg_dump --schema-only
              rds-iam exec service=blog -- rails db:migrate

            Exit status: the program's own; 127 if there is none, 126 if it cannot be started, 2 wrong usage, 1 anything \
            else.
            """
    )

    static let placeOfOptions = "The program's own options come after --, as in: rds-iam exec -- pg_dump -s"

    @OptionGroup var connection: ConnectionOptions

    @OptionGroup var audit: AuditOptions

    @Argument(parsing: .postTerminator, help: ArgumentHelp("The program and its arguments.", valueName: "PROGRAM"))
    var program: [String] = []

    func validate() throws {
        guard program.first?.isEmpty ?? true else { return }
        throw ValidationError("There is no program to run. Write it after --, as in: rds-iam exec CONNINFO -- pg_dump")
    }

    func run() async throws {
        let launch = try ProgramLaunch(ArgumentVector.process.passedOn)
        try launch.run(try await LoginVariables.make(connection, audit).variables)
    }
}
#endif
