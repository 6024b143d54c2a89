import PGConninfo

/// Where the value of a setting comes from, in the order of priority that libpq applies.
struct SettingSources: Sendable {
    /// What the connection string says.
    let given: Conninfo
    /// What everything else comes from.
    let environment: ConninfoEnvironment

    /// Returns where the value of a keyword comes from, such as `PGSSLMODE` or `the service file`; `nil` if it is the
    /// connection string, or a default.
    func source(of keyword: Conninfo.Keyword) -> String? {
        guard !given.contains(keyword) else { return nil }
        if isSet(keyword, inServiceAlone: true) { return "the service file" }
        guard isSet(keyword, inServiceAlone: false) else { return nil }
        return keyword.environmentVariable ?? "the environment"
    }

    /// Returns whether the keyword has a value that is not libpq's default.
    private func isSet(_ keyword: Conninfo.Keyword, inServiceAlone: Bool) -> Bool {
        var environment = environment
        if inServiceAlone, let variable = keyword.environmentVariable {
            for name in [variable, "PGREQUIRESSL"] { environment.variables[name] = nil }
        }
        return (try? given.resolve(in: environment, leavingUnset: keyword).parameters.contains(keyword)) ?? false
    }

    /// The file of root certificates that libpq would read if it is not told another (libpq, "SSL Support").
    var standardRootFile: [UInt8]? { environment.homeDirectory.map { $0 + "/.postgresql/root.crt".utf8 } }
}
