#if Command
import ArgumentParser
import AuthTokens
import LoginDoctor
import PGRDSIAM

/// `rds-iam credentials`: says whose AWS credentials are used, and where they come from.
struct CredentialsCommand: AsyncParsableCommand, InterruptibleCommand {
    static let configuration = CommandConfiguration(
        commandName: "credentials",
        abstract: "Show which AWS credentials sign the tokens.",
        discussion: """
            Says which source has credentials, what the sources before it lack, whose they are and when they end. No \
            secret is printed. Of a connection string, and of the options, it goes by those that choose the credentials.

              rds-iam credentials
              rds-iam credentials --offline --profile reporting

            Exit status: 0 there are credentials, 1 there are none that work and a cause was found, 2 the cause is not \
            known, or wrong usage, 3 they could not be asked for.
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @OptionGroup var settings: SettingsOption

    @OptionGroup var options: ExaminationOptions

    func run() async throws {
        let settings = try settings.loadForExamination()
        try settings.apply()
        try connection.generators.apply()
        var examination = options.examination(TokenIssuer(generators: RDSIAM.generators), settings)
        examination.repeatedOptions = self.settings.path.map { [["--config", $0]] } ?? []
        var shown = options
        shown.verbose = true
        let report = try await examination.credentialsReport(on: connection.text, overriding: connection.overriding)
        try shown.print(report)
        try leave(with: report.outcome)
    }
}
#endif
