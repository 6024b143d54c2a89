import ArgumentParser
import PGConninfo
import PGRDSIAM
import RDSIAMSystem

/// `rds-iam connect`: logs in and runs SQL.
struct ConnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Connect with a token and run SQL.",
        discussion: """
            Rows are printed as tab-separated fields, as COPY writes them: NULL is \\N, and tabs, line ends and \
            backslashes within a field are written \\t, \\n, \\r and \\\\. Without -c it prints who is connected where.

              rds-iam connect "host=db.abcdefghijkl.eu-west-2.rds.amazonaws.com user=andrew dbname=blog \
            sslrootcert=global-bundle.pem" -c "select now()"

            The generator is default unless aws_rds_iam_auth_token_generator names another.
            """
    )

    @Argument(help: "A connection string in one of libpq's forms: key=value pairs or a URI.")
    var conninfo: String

    @Option(name: .customShort("c"), help: ArgumentHelp("SQL to run; may be given several times.", valueName: "SQL"))
    var commands: [String] = []

    @OptionGroup var generators: GeneratorOptions

    @OptionGroup var audit: AuditOptions

    func run() async throws {
        try generators.apply()
        try await audit.withIssuer { issuer in
            let parameters = try Conninfo(argument: conninfo)
            let connection = try await RDSIAM.connect(parameters, issuer: issuer, options: Self.options)
            if commands.isEmpty { print(Self.summary(of: connection.facts)) }
            for sql in commands {
                for result in try await connection.execute(sql) { try result.rows.forEach(Self.printRow) }
            }
            await connection.close()
        }
    }

    private static let options = ConnectOptions { Main.printError("rds-iam: warning: \($0)") }

    private static func summary(of facts: PGConnection.Facts) -> String {
        let token = facts.tokenExpiresAt.map { "a token that expires at \($0.rfc3339)" } ?? "no token"
        return "\(facts.user) is connected to \(facts.database) on \(facts.host):\(facts.port) over "
            + "\(facts.tlsVersion ?? "no TLS") with \(token)"
    }

    private static func printRow(_ row: PGRow) throws {
        print(try row.texts().map { $0.map(escaped) ?? "\\N" }.joined(separator: "\t"))
    }

    /// A field as COPY's text format has it (PostgreSQL, "COPY").
    private static func escaped(_ field: String) -> String {
        var text = ""
        for scalar in field.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\t": text += "\\t"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
