#if Command
import AWSGenerators
import ArgumentParser
import PGConninfo
import PGRDSIAM
import RDSIAMBasics

/// What to connect to, and with which token: the same options for every command that needs a login.
///
/// What is not said here comes from the environment and the service file, as with psql.
struct ConnectionOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "A connection string in one of libpq's forms, key=value pairs or a URI, or the name of a database.",
            valueName: "CONNINFO"
        )
    )
    var conninfo: String?

    @Option(
        name: [.customShort("h", allowingJoined: true), .long],
        help: ArgumentHelp("The database's endpoint (default: $PGHOST).", valueName: "HOST")
    )
    var host: String?

    @Option(
        name: [.customShort("p", allowingJoined: true), .long],
        help: ArgumentHelp("The port (default: $PGPORT, else 5432).", valueName: "PORT")
    )
    var port: String?

    @Option(
        name: [.customShort("U", allowingJoined: true), .long, .customLong("username")],
        help: ArgumentHelp("The database user (default: $PGUSER, else yours).", valueName: "USER")
    )
    var user: String?

    @Option(
        name: [.customShort("d", allowingJoined: true), .long],
        help: ArgumentHelp("The database (default: $PGDATABASE, else the user's name).", valueName: "DBNAME")
    )
    var dbname: String?

    @Option(
        help: ArgumentHelp(
            "The AWS region (default: from the endpoint's name, then from the AWS configuration).",
            valueName: "REGION"
        )
    )
    var region: String?

    @Option(
        help: ArgumentHelp("The generator to ask for a token; rds-iam generators lists them.", valueName: "NAME")
    )
    var generator: String?

    @Option(
        help: ArgumentHelp("The AWS profile to sign with (default: $AWS_PROFILE).", valueName: "NAME"),
        completion: .shellCommand("aws configure list-profiles 2>/dev/null")
    )
    var profile: String?

    @Option(help: ArgumentHelp("A role to assume before signing.", valueName: "ARN"))
    var roleARN: String?

    @Option(
        help: ArgumentHelp(
            "The one credential source to ask: default, environment, profile, web-identity, container or imds.",
            valueName: "SOURCE"
        ),
        completion: .list(["default", "environment", "profile", "web-identity", "container", "imds"])
    )
    var credentials: String?

    @OptionGroup var generators: GeneratorOptions

    func validate() throws {
        if let port { try Self.check(port: port) }
        if let region, !region.utf8.allSatisfy(Self.isSignable) {
            let rule = "must hold letters, digits, '-' and '_' only, such as eu-west-2."
            throw ValidationError("--region is \(String(reflecting: region)), and \(rule)")
        }
        if let roleARN, !roleARN.hasBytePrefix("arn:") {
            let rule = "must be the ARN of a role, such as arn:aws:iam::111122223333:role/app."
            throw ValidationError("--role-arn is \(String(reflecting: roleARN)), and \(rule)")
        }
        try checkDatabase()
    }

    /// Beside a connection string, -d names a database; beside the name of one it is one too many.
    private func checkDatabase() throws {
        guard let dbname, let conninfo else { return }
        switch (dbname.isConnectionString, conninfo.isConnectionString) {
        case (false, true): return
        case (true, true):
            throw ValidationError("-d is a connection string, and so is \"CONNINFO\". Give one of them.")
        case (true, false):
            let name = String(reflecting: conninfo)
            throw ValidationError(
                "-d is a connection string. Write the database into it as dbname=NAME, not as \(name)."
            )
        case (false, false):
            let name = String(reflecting: conninfo)
            throw ValidationError("-d names a database, and so does \(name). Give one of them. -U names the user.")
        }
    }

    /// Whether a region may hold a byte: what is signed has no room for others.
    private static func isSignable(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
        default: false
        }
    }

    /// Several ports belong to several hosts, as in libpq's lists.
    private static func check(port: String) throws {
        let parts = port.splitBytes(separator: ",", omittingEmptySubsequences: false)
        // An empty entry of a list is the default port.
        for part in parts where !(part.isEmpty && parts.count > 1) {
            guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(part),
                (1...65_535).contains(number)
            else {
                throw ValidationError("--port is \(String(reflecting: port)), and must be a number from 1 to 65535.")
            }
        }
    }

    /// Runs `body` with the parameters, and explains what libpq would refuse of them.
    func withParameters<Value>(_ body: (Conninfo) async throws -> Value) async throws -> Value {
        let parameters = try parameters()
        do {
            return try await body(parameters)
        } catch let error as ConninfoError {
            throw UnusableConninfo(error, of: parameters)
        }
    }

    /// Registers the generators that the options allow, and returns the parameters that the options, and the connection
    /// string under them, name.
    ///
    /// The generator is `default` unless they name another.
    ///
    /// - Throws: ``UnusableConninfo`` for what libpq would refuse in the connection string.
    func parameters() throws -> Conninfo {
        try generators.apply()
        do {
            var parameters = try Conninfo.parse(text, dialect: .linked, extensions: .rdsIAM)
            try parameters.merge(overriding)
            if host != nil { parameters.remove(.hostaddr) }
            let keyword = Conninfo.ExtensionKeywords.generatorKeyword
            if parameters.bytes(ofExtension: keyword) == nil { try parameters.set(extension: keyword, to: "default") }
            return parameters
        } catch {
            throw UnusableConninfo(error, in: text)
        }
    }

    /// The connection string as it was given; empty if there is none.
    var text: String { [conninfo, dbname].compactMap { $0 }.first(where: \.isConnectionString) ?? "" }

    /// What the options, and the name of a database, lay over the connection string, by keyword.
    var overriding: [String: String] {
        var parameters: [String: String] = [:]
        parameters["host"] = host
        parameters["port"] = port
        parameters["user"] = user
        parameters["dbname"] = [dbname, conninfo].compactMap { $0 }.first { !$0.isConnectionString }
        parameters[Conninfo.ExtensionKeywords.generatorKeyword] = generator
        parameters[AWSKeyword.region] = region
        parameters[AWSKeyword.profile] = profile
        parameters[AWSKeyword.roleARN] = roleARN
        parameters[AWSKeyword.credentials] = credentials
        return parameters
    }
}

extension String {
    /// Whether libpq would take a database's name for a connection string (libpq, "dbname").
    ///
    /// A URI with another scheme is one too, so that its error says so.
    fileprivate var isConnectionString: Bool { containsBytes("=") || containsBytes("://") }
}
#endif
