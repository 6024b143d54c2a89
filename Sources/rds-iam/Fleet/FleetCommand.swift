#if Command
import ArgumentParser
import AuditFleet
import AuthTokens
import LibpqClient
import PGConninfo
import PGRDSIAM
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit fleet`: the audit logs of many hosts in one PostgreSQL database.
struct FleetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Look at the audit logs of many hosts, which `rds-iam audit ship` has brought into one PostgreSQL.",
        discussion: """
            CONNINFO names the database, in one of libpq's forms; the generator is default unless it names another. A user \
            with the role audit_fleet_reader suffices, but for `init`, `retire` and `resume`. For example:

              rds-iam audit fleet init "host=audit.example.com dbname=fleet user=owner"
              rds-iam audit fleet status "host=audit.example.com dbname=fleet user=auditor"
              rds-iam audit fleet verify CONNINFO --heads heads.txt

            Exit status: 0 done, 2 wrong usage, 3 something does not fit, 4 the database could not be reached and may be \
            later, 1 anything else. `find-token` has its own: 1 not known, 5 could not look.
            """,
        subcommands: [
            FleetInitCommand.self, FleetStatusCommand.self, FleetVerifyCommand.self, FleetListCommand.self,
            FleetFindTokenCommand.self, FleetStatsCommand.self, FleetReportCommand.self, FleetRetireCommand.self,
            FleetResumeCommand.self,
        ]
    )
}

/// A subcommand of `rds-iam audit fleet`.
protocol FleetSubcommand: AuditSubcommand {}

extension FleetSubcommand {
    func exitStatus(after error: any Error) -> Int32 { FleetOptions.status(after: error) }
}

/// Which database is the fleet's, and how to log in to it.
///
/// All is in the connection string: options such as --host and --user are what events are asked for.
struct FleetOptions: ParsableArguments {
    @Argument(help: "The fleet's database: a connection string, key=value pairs or a URI.")
    var conninfo: String

    @Flag(help: "Log in as CONNINFO says, without a token unless it names a generator.")
    var noToken = false

    @OptionGroup var generators: GeneratorOptions

    @OptionGroup var audit: AuditOptions

    /// Runs `body` with a way to connect to the database.
    func withConnector<Value: Sendable>(
        _ body: (@escaping @Sendable () async throws -> PGConnection) async throws -> Value
    ) async throws -> Value {
        try generators.apply()
        let parameters = try parameters()
        let options = ConnectOptions { Main.printError("rds-iam: warning: \($0)") }
        return try await audit.withIssuer { issuer in
            try await body { try await RDSIAM.connect(parameters, issuer: issuer, options: options) }
        }
    }

    private func parameters() throws -> Conninfo {
        do {
            var parameters = try Conninfo.parse(conninfo, dialect: .linked, extensions: .rdsIAM)
            let keyword = Conninfo.ExtensionKeywords.generatorKeyword
            if !noToken, parameters.bytes(ofExtension: keyword) == nil {
                try parameters.set(extension: keyword, to: "default")
            }
            return parameters
        } catch {
            throw UnusableConninfo(error, in: conninfo)
        }
    }

    /// Runs `body` with the fleet.
    func withFleet<Value: Sendable>(_ body: (Fleet) async throws -> Value) async throws -> Value {
        try await withConnector { connect in
            let connection = try await connect()
            do {
                let value = try await body(Fleet(connection))
                await connection.close()
                return value
            } catch {
                await connection.close()
                throw error
            }
        }
    }

    /// 3 if a partition is gone, 4 if the same command may succeed later, else 1.
    static func status(after error: any Error) -> Int32 {
        if let error = error as? FleetError, error.code == .partitionMissing { return 3 }
        return (error as? any RetryableError)?.isRetryable == true ? 4 : 1
    }
}

/// What logs are called beside each other: by their hosts, and by their own names too if the host has several.
struct FleetLogNames: Sendable {
    private var names: [ByteText: String] = [:]

    init(_ hosts: [FleetHost]) {
        for logs in Dictionary(grouping: hosts, by: { ByteText($0.host) }).values {
            let files = logs.map { $0.path.splitBytes(separator: "/").last ?? "" }
            let isClear = Set(files.map { ByteText($0) }).count == logs.count
            for (log, file) in zip(logs, files) {
                let own = isClear ? file : log.logID
                names[ByteText(log.logID)] = logs.count == 1 ? log.host : "\(log.host) (\(own))"
            }
        }
    }

    /// The name of a log on a host.
    func name(of logID: String, on host: String) -> String { names[ByteText(logID)] ?? host }
}

/// What makes the command exit with 3.
struct UnsoundFleet: Error, CustomStringConvertible {
    let description: String
}
#endif
