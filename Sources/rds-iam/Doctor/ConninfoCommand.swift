#if Command
import ArgumentParser
import LoginDoctor
import PGConninfo
import PGRDSIAM
import RDSIAMBasics
import RDSIAMSystem

/// `rds-iam conninfo`: how a connection string is read, and where each value comes from.
struct ConninfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conninfo",
        abstract: "Show how a connection string is read, and where each value comes from.",
        discussion: """
            Nothing is connected to. Secrets are printed as ***. For example:

              rds-iam conninfo "service=blog user=andrew"
              rds-iam conninfo --all --json "$DATABASE_URL"

            Exit status: 0 done, 2 wrong usage, 1 anything else.
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @OptionGroup var settings: SettingsOption

    @Flag(help: "Show the parameters with default values, too.")
    var all = false

    @Flag(help: "Print one JSON document.")
    var json = false

    func run() throws {
        try settings.load().apply()
        try connection.generators.apply()
        let settings = try read()
        guard !json else {
            return print(JSONOutput.fit(String(decoding: try JSONValue.encode(settings), as: UTF8.self)))
        }
        let always = ["host", "port", "user", "dbname"]
        let shown = settings.settings.filter { all || $0.isChosen || always.contains($0.keyword) }
        let rows = shown.map { setting in
            [TextTable.Cell(setting.keyword), TextTable.Cell(setting.value), TextTable.Cell(setting.origin, .dim)]
        }
        let columns = [
            TextTable.Column(title: "keyword", least: 20), TextTable.Column(title: "value"),
            TextTable.Column(title: "from", least: 12),
        ]
        let table = TextTable(columns, rows, on: .output)
        print(table.heading)
        for row in rows { table.lines(row).forEach { print($0) } }
        print("")
        for (index, endpoint) in settings.endpoints.enumerated() {
            let host = (endpoint.host ?? endpoint.address ?? "").displayed
            let address = endpoint.host == nil ? "" : endpoint.address.map { ", dialed at \($0.displayed)" } ?? ""
            let line = "\(index == 0 ? "connects to" : "then to   ") \(host), port \(endpoint.port.displayed)\(address)"
            print(line.wrapped(to: Terminal.output.columns).joined(separator: "\n  "))
        }
    }

    private func read() throws -> ConnectionSettings {
        do {
            return try ConnectionSettings(
                connection.text,
                overriding: connection.overriding,
                generators: RDSIAM.generators
            )
        } catch let error as ConninfoError {
            // It is in the text, or in a value that may come from anywhere.
            throw UnusableConninfo(error, of: try connection.parameters())
        }
    }
}
#endif
