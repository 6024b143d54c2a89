#if Command
import ArgumentParser
import RDSIAMSystem

/// `rds-iam config`: the settings in force.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show the settings in force, and where each comes from.",
        discussion: """
            Options come before the environment, and the environment before the settings file. For example, with another \
            file:

              rds-iam config --config ./config.json

            The file is JSON; all of it may be left out:

              {
                "region": "eu-west-2",
                "profile": "dev",
                "audit": {"log": "~/audit.sqlite", "policy": "required"},
                "generators": {
                  "vault": {"type": "command", "command": ["vault", "read", "creds"]}
                },
                "proxy": {
                  "upstreams": ["host=db.example.com user=app"],
                  "listen": ["127.0.0.1:5433"],
                  "passwordFile": "~/proxy-password", "trustLocal": false,
                  "tlsCertificate": "/etc/proxy/cert.pem", "tlsKey": "/etc/proxy/key.pem",
                  "maxConnections": 100, "maxLogins": 20,
                  "minSigtermDelay": "5s", "maxSigtermDelay": "30s",
                  "exitZeroOnSigterm": false,
                  "healthCheck": true, "httpAddress": "127.0.0.1", "httpPort": 9090,
                  "structuredLogs": true, "quiet": false
                }
              }

            A generator of the file is named with --generator, or in CONNINFO. Its program prints a password. Only the user \
            and root may be able to change the file.

            Exit status: 0 done, 2 wrong usage, 1 anything else.
            """
    )

    @OptionGroup var settings: SettingsOption

    @Flag(help: "One JSON object.")
    var json = false

    func run() throws {
        let settings = try settings.load()
        // A policy that is none is not in force: no token is made with it.
        _ = try AuditMode(settings)
        let rows =
            SettingName.allCases.map { Self.row($0, settings) }
            + settings.file.generators.map { generator in
                Row(name: "generators.\(generator.name)", value: generator.words[0], source: settings.file.path ?? "")
            }
            + settings.file.proxy.shown.map { Row(name: $0.name, value: $0.value, source: settings.file.path ?? "") }
        guard !json else { return try Self.printJSON(rows, settings.file) }
        let columns = [
            TextTable.Column(title: "SETTING", least: 10), TextTable.Column(title: "VALUE", least: 12),
            TextTable.Column(title: "FROM", least: 12),
        ]
        let cells = rows.map { row in
            [
                TextTable.Cell(row.name), TextTable.Cell(row.value ?? "-"),
                TextTable.Cell(row.source == settings.file.path ? "settings file" : row.source, row.style),
            ]
        }
        let table = TextTable(columns, cells, on: .output)
        print(table.heading)
        for row in cells { table.lines(row).forEach { print($0) } }
        print("")
        for line in Self.sentence(on: settings.file).wrapped(to: Terminal.output.columns) { print(line) }
    }

    private static func sentence(on file: SettingsFile) -> String {
        guard let path = file.path?.displayed else {
            return "There is no settings file, as there is no home directory."
        }
        return file.exists
            ? "The settings file is \(path)." : "The settings file would be \(path), which does not exist."
    }

    private struct Row {
        let name: String
        let value: String?
        let source: String

        var style: TextStyle { source == "default" ? .dim : .plain }
    }

    private static func row(_ name: SettingName, _ settings: Settings) -> Row {
        if let entry = settings.entry(name) {
            return Row(name: name.rawValue, value: entry.value, source: entry.source)
        }
        let value: String? =
            switch name {
            case .auditLog: try? AuditLogOption.standardPath()
            case .auditPolicy: AuditMode.required.rawValue
            default: nil
            }
        return Row(name: name.rawValue, value: value, source: "default")
    }

    private static func printJSON(_ rows: [Row], _ file: SettingsFile) throws {
        let members = rows.map { row in
            JSONValue.object(["name": .string(row.name), "value": .text(row.value), "source": .string(row.source)])
        }
        let document: [String: JSONValue] = [
            "schema": .string("rds-iam.config/1"), "file": .text(file.path), "file_exists": .bool(file.exists),
            "settings": .array(members),
        ]
        print(JSONOutput.fit(String(decoding: try JSONValue.bytes(document), as: UTF8.self)))
    }
}

/// Which file holds the settings.
struct SettingsOption: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            """
            The settings file (default: $RDS_IAM_CONFIG, else rds-iam/config.json in $XDG_CONFIG_HOME or ~/.config).
            """,
            valueName: "FILE"
        ),
        completion: .file(extensions: ["json"])
    )
    var path: String?

    func load() throws -> Settings { try Settings(path: path) }
}
#endif
