#if Command
import Foundation
import TestSupport
import Testing

@Suite("The settings of the command", .timeLimit(.minutes(3)))
struct SettingsTests {
    private static let token = ["token", "-h", "db.example.com", "-U", "u"]

    private func write(_ json: String, in lab: CommandLab) throws {
        let directory = lab.folder.path("home/.config/rds-iam")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try lab.folder.write(json, to: "home/.config/rds-iam/config.json")
    }

    @Test("the file comes under the environment, and the environment under the options")
    func order() async throws {
        var lab = try CommandLab()
        lab.environment["AWS_REGION"] = nil
        try write(#"{"region": "eu-west-3"}"#, in: lab)
        #expect(try await lab.run(Self.token).output.contains("%2Feu-west-3%2Frds-db%2F"))
        #expect(try await lab.run(Self.token, ["AWS_DEFAULT_REGION": "eu-west-1"]).output.contains("%2Feu-west-1%2F"))
        let options = Self.token + ["--region", "eu-north-1"]
        #expect(try await lab.run(options, ["AWS_REGION": "eu-west-1"]).output.contains("%2Feu-north-1%2F"))
    }

    @Test("--config, RDS_IAM_CONFIG and XDG_CONFIG_HOME name the file, in this order; the first two must exist")
    func place() async throws {
        var lab = try CommandLab()
        lab.environment["AWS_REGION"] = nil
        func region(_ name: String) throws -> String { try lab.folder.write("{\"region\":\"\(name)\"}", to: name) }
        try write(#"{"region": "home"}"#, in: lab)
        try FileManager.default.createDirectory(atPath: lab.folder.path("rds-iam"), withIntermediateDirectories: true)
        try lab.folder.write(#"{"region": "xdg"}"#, to: "rds-iam/config.json")
        let variable = ["XDG_CONFIG_HOME": lab.folder.url.path]
        #expect(try await lab.run(Self.token, variable).output.contains("%2Fxdg%2F"))
        let both = variable.merging(["RDS_IAM_CONFIG": try region("variable")]) { $1 }
        #expect(try await lab.run(Self.token, both).output.contains("%2Fvariable%2F"))
        let option = Self.token + ["--config", try region("option")]
        #expect(try await lab.run(option, both).output.contains("%2Foption%2F"))
        let missing = try await lab.run(Self.token + ["--config", lab.folder.path("missing")])
        #expect(missing.status == 1 && missing.errors.contains("missing cannot be opened"), "\(missing.errors)")
        #expect(try await lab.run(Self.token + ["--config", "/dev/null"]).errors.contains("region"))
    }

    @Test("a default profile is asked as AWS_PROFILE is, and child processes do not see it")
    func profile() async throws {
        var lab = try CommandLab()
        let config = "[profile dev]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = x\nregion = eu-west-2\n"
        lab.environment["AWS_CONFIG_FILE"] = try lab.folder.write(config, to: "aws")
        try write(#"{"profile": "dev"}"#, in: lab)
        #expect(try await lab.run(Self.token).output.contains("Credential=AKIDEXAMPLE%2F"))
        lab.environment["AWS_ACCESS_KEY_ID"] = nil
        #expect(try await lab.run(Self.token).output.contains("Credential=AKIDPROFILE%2F"))
        let words = ["exec", "-h", "db.example.com", "--", "/bin/sh", "-c", "echo ${AWS_PROFILE-unset}"]
        #expect(try await lab.run(words).output == "unset\n")
    }

    @Test("doctor names the settings file, or else the variable, that the region and the profile come from")
    func origins() async throws {
        var lab = try CommandLab()
        lab.environment["AWS_REGION"] = nil
        let config = "[profile dev]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = x\nregion = eu-west-2\n"
        lab.environment["AWS_CONFIG_FILE"] = try lab.folder.write(config, to: "aws")
        try write(#"{"region": "eu-west-3", "profile": "dev"}"#, in: lab)
        let file = "the settings file \(lab.folder.path("home/.config/rds-iam/config.json"))"
        func examined(_ more: [String: String] = [:], _ options: String...) async throws -> String {
            let words = ["doctor", "--offline", "-h", "db.example.com", "-U", "u", "-v"] + options
            let output = try await lab.run(words, more).output
            return output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        let both = try await examined()
        #expect(both.contains("✓ region eu-west-3, from the settings file"), "\(both)")
        #expect(both.contains("\(file) names the profile dev, which has no effect beside AWS_ACCESS_KEY_ID"), "\(both)")
        #expect(both.contains("hides the profile dev that \(file) names."), "\(both)")
        let region = try await examined(["AWS_DEFAULT_REGION": "eu-west-1"])
        #expect(region.contains("✓ region eu-west-1, from AWS_DEFAULT_REGION"), "\(region)")
        let profile = try await examined(["AWS_DEFAULT_PROFILE": "dev"])
        #expect(profile.contains("hides the profile dev that AWS_DEFAULT_PROFILE names."), "\(profile)")
        let own = try await examined(["AWS_PROFILE": "dev"], "--config", "/dev/null")
        #expect(own.contains("✓ region eu-west-2, from the AWS profile"), "\(own)")
    }

    @Test("audit log, policy and signing key come from the file")
    func audit() async throws {
        var lab = try CommandLab()
        lab.environment["RDS_IAM_AUDIT_LOG"] = ""
        let key = lab.folder.path("home/key")
        try write(#"{"audit": {"log": "~/log", "policy": "required", "signingKey": "~/key"}}"#, in: lab)
        let made = try await lab.run("audit", "key", "new", key)
        #expect(try await lab.run(Self.token).status == 0)
        let publicKey = made.output.trimmingCharacters(in: .newlines)
        #expect(try await lab.run("audit", "verify", "--key", publicKey).status == 0)
        #expect(FileManager.default.fileExists(atPath: lab.folder.path("home/log")))
        try write(#"{"audit": {"log": "~/key/log", "policy": "off"}}"#, in: lab)
        #expect(try await lab.run(Self.token).status == 0)
        #expect(try await lab.run(Self.token, ["RDS_IAM_AUDIT_POLICY": "required"]).status == 1)
        #expect(try await lab.run(Self.token + ["--audit", "required"]).status == 1)
        let wrong = try await lab.run(Self.token, ["RDS_IAM_AUDIT_POLICY": "none"])
        #expect(wrong.status == 2 && wrong.errors.contains("RDS_IAM_AUDIT_POLICY is \"none\""))
    }

    @Test("a generator of the file runs its program, and is named by an option or by CONNINFO")
    func generator() async throws {
        let lab = try CommandLab()
        try write(
            #"{"generators": {"vault": {"type": "command", "command": ["printenv", "PGUSER"], "lifetime": 60}}}"#,
            in: lab
        )
        #expect(try await lab.run(Self.token + ["--generator", "vault"]).output == "u\n")
        let conninfo = "host=h user=it aws_rds_iam_auth_token_generator=vault"
        #expect(try await lab.run("token", conninfo).output == "it\n")
        let off = try await lab.run("token", "host=h aws_rds_iam_auth_token_generator=command aws_rds_iam_command=id")
        #expect(off.status == 1 && off.errors.contains("--allow-command"))
    }

    @Test("a file that others may change is refused")
    func permissions() async throws {
        let lab = try CommandLab()
        try write("{}", in: lab)
        let path = lab.folder.path("home/.config/rds-iam/config.json")
        for (mode, isTrusted) in [(0o600, true), (0o644, true), (0o664, false), (0o602, false)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let result = try await lab.run(Self.token)
            #expect(result.status == (isTrusted ? 0 : 1), "\(mode)")
            #expect(isTrusted || result.errors.contains("\(path) may be changed by others: run chmod go-w on it."))
        }
    }

    /// A file, and what the error says.
    static let mistakes = [
        "{": "is no JSON object", "[]": "is no JSON object", "": "is no JSON object",
        #"{"regoin": "x"}"#: "\"regoin\" in PATH does not exist: did you mean \"region\"?",
        #"{"audit": {"polcy": "off"}}"#: "\"audit.polcy\" in PATH does not exist: did you mean \"policy\"?",
        #"{"x": 1}"#: "\"x\" in PATH does not exist: there are region, profile, audit, generators, proxy.",
        #"{"region": 1}"#: "\"region\" in PATH must be a text", #"{"region": ""}"#: "\"region\" in PATH must be a text",
        #"{"audit": "x"}"#: "\"audit\" in PATH must be an object",
        #"{"audit": {"policy": "none"}}"#: "\"audit.policy\" in PATH must be required, best-effort or off.",
        #"{"generators": {"a": {"type": "shell"}}}"#: "\"generators.a.type\" in PATH must be \"command\"",
        #"{"generators": {"a": {"type": "command", "command": "x"}}}"#:
            "\"generators.a.command\" in PATH must be an array",
        #"{"generators": {"a": {"type": "command", "command": [1]}}}"#:
            "\"generators.a.command\" in PATH must hold texts",
        #"{"generators": {"a": {"type": "command", "command": ["", "x"]}}}"#:
            "\"generators.a.command\" in PATH must begin with the name of a program.",
        #"{"generators": {"a": {"type": "command", "command": ["x"], "lifetime": 0}}}"#:
            "\"generators.a.lifetime\" in PATH",
        #"{"generators": {"rds": {"type": "command", "command": ["x"]}}}"#:
            "\"generators.rds\" in PATH has the name of",
        #"{"generators": {"a": {"type": "command", "command": ["x"]}, "command": {"type": "command", "command": ["x"]}}}"#:
            "\"generators.command\" in PATH has the name of a generator that ships: choose another.",
        #"{"generators": {"": {"type": "command", "command": ["x"]}}}"#:
            "\"generators.\" in PATH cannot be used. A name must not be empty. Register the generator under another name.",
        #"{"proxy": {"upstream": "host=h"}}"#: "\"proxy.upstream\" in PATH does not exist: did you mean \"upstreams\"?",
        #"{"proxy": {"upstreams": "host=h"}}"#: "\"proxy.upstreams\" in PATH must be an array of texts.",
        #"{"proxy": {"listen": [5432]}}"#: "\"proxy.listen\" in PATH must hold texts that are not empty.",
        #"{"proxy": {"upstreams": ["host=h"], "listen": ["127.0.0.1:1", "127.0.0.1:2"]}}"#:
            "\"proxy.listen\" in PATH must hold one address, or one for each of proxy.upstreams.",
        #"{"proxy": {"maxConnections": 0}}"#: "\"proxy.maxConnections\" in PATH must be a whole number, 1 or more.",
        #"{"proxy": {"maxLogins": "5"}}"#: "\"proxy.maxLogins\" in PATH must be a whole number, 1 or more.",
        #"{"proxy": {"maxSigtermDelay": "soon"}}"#: "\"proxy.maxSigtermDelay\" in PATH must be a time",
        #"{"proxy": {"minSigtermDelay": -1}}"#: "\"proxy.minSigtermDelay\" in PATH must be a time",
        #"{"proxy": {"healthCheck": "yes"}}"#: "\"proxy.healthCheck\" in PATH must be true or false.",
        #"{"proxy": {"httpPort": 65536}}"#: "\"proxy.httpPort\" in PATH must be a port, from 0 to 65535.",
        #"{"proxy": {"httpAddress": 1}}"#: "\"proxy.httpAddress\" in PATH must be a text that is not empty.",
        #"{"proxy": {"tlsKey": "k"}}"#: "\"proxy.tlsCertificate\" in PATH and proxy.tlsKey belong together",
        #"{"proxy": {"passwordFile": "p", "trustLocal": true}}"#: "\"proxy.trustLocal\" in PATH asks for no password",
    ]

    @Test("a name that does not exist and a value of the wrong type are named", arguments: mistakes.keys.sorted())
    func mistake(_ json: String) async throws {
        let lab = try CommandLab()
        let path = try lab.folder.write(json, to: "config.json")
        let expected = try #require(Self.mistakes[json]).replacing("PATH", with: path)
        // An examination that cannot begin ends with its own status.
        for (words, status) in [(Self.token, 1), (["config"], 1), (["doctor", "-h", "h"], 3), (["credentials"], 3)] {
            let result = try await lab.run(words + ["--config", path])
            #expect(result.status == Int32(status) && result.output == "", "\(words): \(result.output)")
            #expect(result.errors.contains(expected) && !result.errors.contains(".."), "\(result.errors)")
        }
    }

    @Test("config shows what is in force and where it comes from")
    func config() async throws {
        var lab = try CommandLab()
        try write(#"{"profile": "dev", "generators": {"vault": {"type": "command", "command": ["vault"]}}}"#, in: lab)
        lab.environment["RDS_IAM_AUDIT_LOG"] = "/somewhere"
        let path = lab.folder.path("home/.config/rds-iam/config.json")
        let text = try await lab.run("config")
        let rows = text.lines.map { $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") }
        #expect(
            rows.prefix(7) == [
                "SETTING VALUE FROM", "region eu-west-2 AWS_REGION", "profile dev settings file",
                "audit.log /somewhere RDS_IAM_AUDIT_LOG", "audit.policy required default", "audit.signingKey - default",
                "generators.vault vault settings file",
            ],
            "\(text.output)\(text.errors)"
        )
        // A path that is longer than the line has one of its own.
        #expect(rows.dropFirst(7).joined(separator: " ") == "The settings file is \(path).")
        let json = try await lab.run("config", "--json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(object["schema"] as? String == "rds-iam.config/1" && object["file"] as? String == path)
        let settings = try #require(object["settings"] as? [[String: Any]])
        #expect(settings.first { $0["name"] as? String == "profile" }?["source"] as? String == path)
    }

    @Test("config shows what the proxy serves, without secrets")
    func proxy() async throws {
        let lab = try CommandLab()
        try write(
            #"""
            {"proxy": {"upstreams": ["host=a user=u password=s3cret", "postgresql://u@b/d"], "listen": ["/run/x"],
             "passwordFile": "~/p", "trustLocal": false, "tlsCertificate": "/c", "tlsKey": "~/k",
             "maxConnections": 9, "maxLogins": 8, "minSigtermDelay": 5, "maxSigtermDelay": "1500ms",
             "exitZeroOnSigterm": true, "healthCheck": true, "httpAddress": "~/health", "httpPort": 9191,
             "structuredLogs": true, "quiet": false}}
            """#,
            in: lab
        )
        let json = try await lab.run("config", "--json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        let settings = try #require(object["settings"] as? [[String: Any]])
        let shown = settings.compactMap { row -> String? in
            guard let name = row["name"] as? String, name.hasPrefix("proxy.") else { return nil }
            return "\(name)=\(row["value"] as? String ?? "")"
        }
        let home = lab.folder.path("home")
        #expect(
            shown.dropFirst() == [
                "proxy.listen=/run/x", "proxy.passwordFile=\(home)/p", "proxy.trustLocal=false",
                "proxy.tlsCertificate=/c", "proxy.tlsKey=\(home)/k", "proxy.maxConnections=9", "proxy.maxLogins=8",
                "proxy.minSigtermDelay=5s", "proxy.maxSigtermDelay=1500ms", "proxy.exitZeroOnSigterm=true",
                "proxy.healthCheck=true", "proxy.httpAddress=\(home)/health", "proxy.httpPort=9191",
                "proxy.structuredLogs=true", "proxy.quiet=false",
            ],
            "\(shown)"
        )
        #expect(shown.first?.contains("host=a") == true && !json.output.contains("s3cret"), "\(shown)")
    }
}
#endif
