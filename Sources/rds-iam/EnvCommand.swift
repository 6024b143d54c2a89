#if Command
import ArgumentParser
import PGConninfo
import RDSIAMBasics
import RDSIAMSystem

/// `rds-iam env`: libpq's variables, for a shell to evaluate.
struct EnvCommand: AsyncParsableCommand, InterruptibleCommand {
    static let configuration = CommandConfiguration(
        commandName: "env",
        abstract: "Print libpq's variables with a token, for a shell to evaluate.",
        usage: "rds-iam env [CONNINFO] [OPTIONS]",
        discussion: """
            Prints lines for a POSIX shell: export for what the login needs, unset for other variables of libpq that are \
            set here, and a comment with the time at which the token ends. For example:

              eval "$(rds-iam env service=blog)" && psql -c "select now()"

            Every program that the shell starts from then on sees the token. rds-iam exec gives it to one program alone.

            Exit status: 0 done, 2 wrong usage, 1 anything else.
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @OptionGroup var audit: AuditOptions

    func run() async throws {
        let login = try await LoginVariables.make(connection, audit)
        for name in Conninfo.environmentVariables.sorted() where login.variables[name] == nil && getenv(name) != nil {
            print("unset \(name);")
        }
        for (name, value) in login.variables.sorted(by: { $0.key < $1.key }) {
            print("export \(name)=\(value.quotedForShell);")
        }
        guard let end = login.expiresAt else { return }
        // Last: in an unquoted $(rds-iam env), a comment is followed by all of the rest.
        print("# The token logs in until \(end.rfc3339).")
    }
}
#endif
