import AWSGenerators
import AuthTokens
import PGConninfo
import RDSIAMBasics

/// The commands to run next.
extension Findings {
    /// Returns a command of this package's with the same connection string but for some settings.
    ///
    /// Of several servers it names the one that is looked at.
    ///
    /// - Parameters:
    ///   - name: The subcommand.
    ///   - changes: Values by keyword; `nil` removes the setting.
    /// - Returns: The command, or `nil` if it would need a secret, which is not repeated.
    func command(_ name: String, _ changes: [String: String?] = [:]) -> String? {
        let changes = (servers.count > 1 ? changesForServer : [:]).merging(changes) { $1 }
        // The token takes the place of a password.
        let needsSecret = given.contains { setting in
            changes[setting.keyword] == nil && setting.isMasked && setting.keyword != "password"
        }
        guard !needsSecret else { return nil }
        let options = ["--config", "--allow-command", "--audit-log", "--audit", "--signing-key"]
        let text = conninfo(changes)
        return command(name, repeating: options) + (text.isEmpty ? "" : " \(text.quotedForShell)")
    }

    /// Returns a command of this package's with those options that it takes, too.
    func command(_ name: String, repeating names: [String]) -> String {
        let repeated = examination.repeatedOptions.filter { option in
            names.contains { option.first?.isBytewiseEqual(to: $0) == true }
        }
        return (["rds-iam", name] + repeated.flatMap { $0 }.map(\.shellWord)).joined(separator: " ")
    }

    /// What the user has written, and not what it leaves to a service or the environment.
    private var given: [ConnectionSettings.Setting] {
        settings?.settings.filter { ["connection string", "option"].contains($0.origin) } ?? []
    }

    private func conninfo(_ changes: [String: String?]) -> String {
        let kept = given.filter { changes[$0.keyword] == nil && !$0.isMasked }
        let added = changes.sorted { $0.key < $1.key }.compactMap { keyword, value in
            value.map { ConnectionSettings.Setting(keyword: keyword, value: $0, origin: "option") }
        }
        return (kept + added).map(\.text).joined(separator: " ")
    }

    /// What names the server that is looked at, wherever it comes from.
    private var changesForServer: [String: String?] {
        guard let server else { return [:] }
        return servers.count > 1 ? parameters(of: server) : ["host": server.request.host]
    }

    /// Lists the databases, in one that each server has.
    var listCommand: String? {
        let changes: [String: String?] = ["user": request?.user, "dbname": "postgres"]
        return command("psql", changesForServer.merging(changes) { $1 }).map { $0 + " -- -l" }
    }

    /// Returns a command that runs SQL as another user, who needs no token.
    func administratorCommand(_ sql: String) -> String {
        let database = settings?["dbname"].flatMap { $0.isChosen ? $0.value : nil } ?? "postgres"
        var changes = changesForServer.merging(["user": "ADMINISTRATOR", "dbname": database]) { $1 }
        // psql knows none of the generators' keywords.
        for setting in settings?.settings ?? [] where Conninfo.Keyword(setting.keyword) == nil {
            changes[setting.keyword] = .some(nil)
        }
        return "psql \(conninfo(changes).quotedForShell) -c \(sql.quotedForShell)"
    }

    /// Looks at the same credentials.
    var credentialsCommand: String {
        let options = [
            (AWSKeyword.profile, "--profile"), (AWSKeyword.credentials, "--credentials"),
            (AWSKeyword.roleARN, "--role-arn"), (AWSKeyword.region, "--region"),
        ]
        let words = options.compactMap { keyword, option in parameter(keyword).map { "\(option) \($0.shellWord)" } }
        let others = [AWSKeyword.externalID, AWSKeyword.roleSessionName].compactMap { settings?[$0] }
            .filter { !$0.value.isEmpty && $0.value != "***" }
        let conninfo = others.isEmpty ? [] : [others.map(\.text).joined(separator: " ").quotedForShell]
        let command = command("credentials", repeating: ["--config"])
        return masking.shortened(in: ([command] + words + conninfo).joined(separator: " "))
    }
}

extension String {
    /// The first text between backticks: in advice, a command.
    var commandInBackticks: String? {
        let parts = splitBytes(separator: "`", omittingEmptySubsequences: false)
        return parts.count > 2 ? parts[1] : nil
    }
}
