#if Command
import ArgumentParser
import CommandGenerator
import PGRDSIAM

/// What the generators may do.
struct GeneratorOptions: ParsableArguments {
    @Flag(
        help: """
            Let CONNINFO name a program to run, with aws_rds_iam_auth_token_generator=command and aws_rds_iam_command. \
            Use it only with connection strings that you trust.
            """
    )
    var allowCommand = false

    /// Registers the generators as the options say.
    ///
    /// It is an option of the command line, as a connection string must not allow itself to run a program.
    func apply() throws {
        guard allowCommand else { return }
        try RDSIAM.generators.add(.command(isAllowed: true), replacing: true)
    }
}
#endif
