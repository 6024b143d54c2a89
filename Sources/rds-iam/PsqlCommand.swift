#if Command
import ArgumentParser
import PGRDSIAM

/// `rds-iam psql`: psql, logged in with a token.
struct PsqlCommand: AsyncParsableCommand, InterruptibleCommand, PassingOnCommand {
    static let configuration = CommandConfiguration(
        commandName: "psql",
        abstract: "Start psql with a token.",
        usage: "rds-iam psql [CONNINFO] [OPTIONS] [-- PSQL-ARGUMENTS]",
        discussion: """
            psql gets what it needs, the token included, in its environment, never on its command line. The token is good \
            for new connections for 15 minutes; a connection outlives it, and \\c after that needs a new token. For example:

              rds-iam psql -h db.abcdefghijkl.eu-west-2.rds.amazonaws.com -U andrew -d blog
              rds-iam psql service=blog -c "select now()"
              rds-iam psql blog -- --csv -f report.sql

            Exit status: psql's own; 127 if there is no psql, 126 if it cannot be started, 2 wrong usage, 1 anything else.
            """
    )

    static let placeOfOptions = "psql's own options come after --, as in: rds-iam psql -- --csv"

    @OptionGroup var connection: ConnectionOptions

    @OptionGroup var scripts: ScriptOptions

    @OptionGroup var audit: AuditOptions

    @Argument(parsing: .postTerminator, help: ArgumentHelp("psql's own arguments.", valueName: "PSQL-ARGUMENTS"))
    var arguments: [String] = []

    func run() async throws {
        let scripts = scripts.inOrder.flatMap { [$0.option, $0.text] }.map { Array($0.utf8) }
        let launch = try ProgramLaunch([Array("psql".utf8)] + scripts + ArgumentVector.process.passedOn)
        try launch.run(try await LoginVariables.make(connection, audit).variables)
    }
}
#endif
