#if Command
import ArgumentParser
import PGConninfo
import PGRDSIAM
import RDSIAMBasics

/// `rds-iam token`: a token on standard output, for programs that take a password.
struct TokenCommand: AsyncParsableCommand, InterruptibleCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Print a token to log in with.",
        usage: "rds-iam token [CONNINFO] [OPTIONS]",
        discussion: """
            Prints the token and a newline, nothing else; the user to log in as goes to standard error if the provider \
            chooses one. What neither CONNINFO nor an option says comes from PGHOST, \
            PGPORT and PGUSER, as with psql. For example:

              export PGHOST=db.abcdefghijkl.eu-west-2.rds.amazonaws.com PGUSER=andrew
              export PGSSLMODE=verify-full PGSSLROOTCERT=global-bundle.pem
              PGPASSWORD=$(rds-iam token) psql blog

            global-bundle.pem holds the roots of the certificates of RDS and Aurora: \
            https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem. RDS Proxy, Aurora DSQL and Aurora's \
            internet endpoints have public certificates: for them, PGSSLROOTCERT=system.

            Exit status: 0 done, 2 wrong usage, 1 anything else.
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @OptionGroup var audit: AuditOptions

    func run() async throws {
        try await audit.withIssuer(expectsOneToken: true) { issuer in
            try await connection.withParameters { parameters in
                guard let issued = try await RDSIAM.token(for: parameters, issuer: issuer) else { return }
                print(issued.token.value)
                if let user = issued.token.user, !user.isBytewiseEqual(to: issued.request.user) {
                    Main.printError(
                        "rds-iam: Log in as the user \(String(reflecting: user)), which the provider chose."
                    )
                }
            }
        }
    }
}
#endif
