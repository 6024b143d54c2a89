import RDSIAMBasics

/// The causes in what the settings ask of the session: parameters, and a kind of server.
extension Diagnosis {
    func sessionCause(_ message: ServerMessage) -> LikelyCause? { parameterCause(message) ?? attributesCause(message) }

    // MARK: Parameters

    /// What the server says of a parameter in the startup packet (PostgreSQL, "Server Configuration").
    private func parameterCause(_ message: ServerMessage) -> LikelyCause? {
        let quoted = message.text.splitBytes(separator: "\"", omittingEmptySubsequences: false)
        let name = quoted.count > 2 ? quoted[1] : ""
        if message.says("unrecognized configuration parameter", "invalid configuration parameter name") {
            return parameter(name, "sets \(name.shown), which the server does not know", message)
        }
        if message.says("invalid value for parameter", "parameter \"\" requires") {
            let value = quoted.count > 4 ? "\(quoted[3].shown), which" : "a value that"
            return parameter(name, "sets \(name.shown) to \(value) the server does not accept", message)
        }
        if message.says("permission denied to set parameter") {
            return parameter(name, "sets \(name.shown), which the role may not set", message)
        }
        if message.says("cannot be changed", "cannot be set after connection start") {
            return parameter(name, "sets \(name.shown), which no session can set", message)
        }
        let isNoOption = message.says("invalid command-line argument", "requires a value")
        return isNoOption ? parameter("", "holds an option that the server cannot read", message) : nil
    }

    /// - Parameter fault: What the setting does, from its verb on.
    private func parameter(_ name: String, _ fault: String, _ message: ServerMessage) -> LikelyCause {
        let setting = origin(ofParameter: name)
        let variable = setting.source.flatMap { $0.hasBytePrefix("PG") ? $0 : nil }
        let subject = variable ?? "The setting \(setting.keyword)"
        return LikelyCause(
            .serverParameter,
            .evident,
            "\(subject) \(fault).",
            evidence: [message.quotation] + (variable == nil ? origin(of: setting.keyword) : []),
            advice: "Correct it, or leave it out."
        )
    }

    /// The setting that a parameter of the session comes from: its own, or `options`, which may hold any.
    private func origin(ofParameter name: String) -> (keyword: String, source: String?) {
        let name = name.asciiLowercased()
        let variables = ["timezone": "PGTZ", "datestyle": "PGDATESTYLE", "geqo": "PGGEQO"]
        if evidence.settings[name] != nil { return (name, evidence.settings[name]?.source) }
        let options = evidence.settings["options"]
        let isInOptions = options?.value.asciiLowercased().containsBytes(name) ?? false
        if !isInOptions, let variable = variables[name] { return (variable, variable) }
        return ("options", options?.source)
    }

    // MARK: Attributes

    /// What libpq says if the server is of another kind than `target_session_attrs` asks for.
    private func attributesCause(_ message: ServerMessage) -> LikelyCause? {
        let words = [
            "session is read-only", "session is not read-only", "server is in hot standby mode",
            "server is not in hot standby mode",
        ]
        guard let fact = words.first(where: { message.says($0) }) else { return nil }
        let value = evidence.setting("target_session_attrs").map { "=\($0)" } ?? ""
        return LikelyCause(
            .sessionAttributes,
            .evident,
            "The \(fact), and target_session_attrs\(value) asks for another.",
            evidence: [message.quotation] + origin(of: "target_session_attrs"),
            advice:
                "Set target_session_attrs=any, or name a server of that kind: a cluster's own endpoint leads to its "
                + "writer, the one with cluster-ro- to its readers."
        )
    }
}
