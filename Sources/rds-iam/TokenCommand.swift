import ArgumentParser
import PGConninfo
import PGRDSIAM
import RDSIAMBasics

/// `rds-iam token`: a token on standard output, for programs that take a password.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Print a token to log in with.",
        discussion: """
            Prints the token and a newline, nothing else; the user to log in as goes to standard error if the provider \
            chooses one. What neither CONNINFO nor an option says comes from PGHOST, \
            PGPORT and PGUSER, as with psql. For example:

              export PGHOST=db.abcdefghijkl.eu-west-2.rds.amazonaws.com PGUSER=andrew
              export PGSSLMODE=verify-full PGSSLROOTCERT=global-bundle.pem
              PGPASSWORD=$(rds-iam token) psql blog

            global-bundle.pem holds the roots of RDS's certificates: \
            https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
            """
    )

    @Argument(help: "A connection string in one of libpq's forms: key=value pairs or a URI.")
    var conninfo: String?

    @Option(help: "The database's endpoint.")
    var host: String?

    @Option(help: "The port (default: 5432).")
    var port: UInt16?

    @Option(help: "The database user.")
    var user: String?

    @Option(help: "The AWS region (default: from the endpoint's name, then from the AWS configuration).")
    var region: String?

    @Option(help: "The generator to ask (default: default).")
    var generator: String?

    @OptionGroup var generators: GeneratorOptions

    @OptionGroup var audit: AuditOptions

    func run() async throws {
        try generators.apply()
        let parameters = try parameters()
        try await audit.withIssuer { issuer in
            guard let issued = try await RDSIAM.token(for: parameters, issuer: issuer) else { return }
            print(issued.token.value)
            if let user = issued.token.user, !user.isBytewiseEqual(to: issued.request.user) {
                Main.printError("rds-iam: Log in as the user \(String(reflecting: user)), which the provider chose.")
            }
        }
    }

    /// The connection string with the options laid over it.
    private func parameters() throws -> Conninfo {
        var parameters = try Conninfo(argument: conninfo ?? "", generator: generator)
        if let host {
            try parameters.set(.host, to: host)
            parameters.remove(.hostaddr)
        }
        if let port { try parameters.set(.port, to: String(port)) }
        if let user { try parameters.set(.user, to: user) }
        if let region { try parameters.set(extension: "aws_rds_iam_region", to: region) }
        return parameters
    }
}
