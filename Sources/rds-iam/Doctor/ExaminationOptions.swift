#if Command
import ArgumentParser
import AuthTokens
import LoginDoctor
import RDSIAMSystem

/// How an examination goes about it, and what is printed of it.
struct ExaminationOptions: ParsableArguments {
    @Flag(help: "Stay away from the network: look at the settings, the names and the credentials that are here.")
    var offline = false

    @Flag(name: [.customLong("show-arn")], help: "Show account numbers and access keys in full.")
    var showsARN = false

    @Flag(name: .shortAndLong, help: "Show the details of every step.")
    var verbose = false

    @Flag(help: "Print one JSON document.")
    var json = false

    func examination(_ issuer: TokenIssuer, _ settings: Settings) -> Examination {
        var examination = Examination(issuer: issuer)
        examination.variableOrigins = settings.variableOrigins
        examination.isOffline = offline
        examination.showsAccounts = showsARN
        return examination
    }

    func print(_ report: ExaminationReport) throws {
        guard !json else {
            return Swift.print(JSONOutput.fit(String(decoding: try JSONValue.encode(report), as: UTF8.self)))
        }
        for line in ReportText(report, on: .output, isVerbose: verbose).lines { Swift.print(line) }
    }
}

extension SettingsOption {
    /// Reads the settings of an examination; a file that cannot be used ends the command with the status of an
    /// examination that tried nothing.
    func loadForExamination() throws -> Settings {
        do { return try load() } catch { throw CommandFailure(status: 3, error: error) }
    }
}
#endif
