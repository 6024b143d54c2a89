#if Command && AsyncHTTPClient
import Foundation
import TestSupport
import Testing

/// The files of `Fixtures/command-output`, which the documents quote: a command line, and what it prints.
@Suite("Sample output", .timeLimit(.minutes(3)))
struct SampleOutputTests {
    static let names = ["config", "conninfo", "credentials", "doctor", "env", "generators"]
    private static let host = "demo.abcdefghijkl.eu-west-2.rds.amazonaws.com"

    /// With `RDS_IAM_WRITE_SAMPLES` set, the files are written again from what the commands print.
    @Test("the files hold what the commands print", arguments: names)
    func sample(_ name: String) async throws {
        let path = Repository.path("Fixtures/command-output/\(name).txt")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let command = try #require(text.split(separator: "\n").first?.dropFirst("$ rds-iam ".count))
        let sts = try await STSLookalike.start()
        let lab = try await Self.lab(name)
        let variables = [
            "AWS_ENDPOINT_URL_STS": sts.url, "AWS_EC2_METADATA_DISABLED": "true", "COLUMNS": "80", "LANG": "C.UTF-8",
        ]
        let result = try await lab.shell("rds_iam \(command)", variables)
        #expect(result.errors == "")
        let printed = "$ rds-iam \(command)\n" + Self.asInDocuments(result.output, lab)
        if ProcessInfo.processInfo.environment["RDS_IAM_WRITE_SAMPLES"] != nil {
            try printed.write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(Self.comparable(printed) == Self.comparable(text))
        withExtendedLifetime(sts) {}
    }

    private static func lab(_ name: String) async throws -> CommandLab {
        var lab = name == "doctor" ? try await CommandLab.atServer(as: "reporter") : try CommandLab()
        let directory = lab.folder.path("home/.config/rds-iam")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        if name == "config" {
            let json = #"{"profile": "dev", "audit": {"policy": "best-effort"}}"#
            try lab.folder.write(json, to: "home/.config/rds-iam/config.json")
            lab.environment["RDS_IAM_AUDIT_LOG"] = "/var/lib/rds-iam/audit.sqlite"
        }
        if name == "credentials" {
            for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] { lab.environment[variable] = nil }
            let profile = "[profile dev]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n"
            lab.environment["AWS_CONFIG_FILE"] = try lab.folder.write(profile, to: "aws")
            lab.environment["AWS_PROFILE"] = "dev"
        }
        if name == "env" { lab.environment["PGHOST"] = host }
        return lab
    }

    /// The text with names for what another run, or another machine, has otherwise.
    private static func asInDocuments(_ text: String, _ lab: CommandLab) -> String {
        var text = text.replacing(lab.folder.path("home"), with: "/home/andrew")
        if let facts = lab.server?.facts {
            text = text.replacing(facts.ca, with: "global-bundle.pem").replacing(String(facts.port), with: "5432")
            text = text.replacing("reporter", with: "andrew")
        }
        let changes = [
            (#"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"#, "2026-11-22T12:15:00Z"), (#"\d{8}T\d{6}Z"#, "20261122T120000Z"),
            (#"%2F\d{8}%2F"#, "%2F20261122%2F"), (#"/\d{8}/"#, "/20261122/"),
            (#"X-Amz-Signature=[0-9a-f]{64}"#, "X-Amz-Signature=" + String(repeating: "5ec7e7a1", count: 8)),
            (#"ASIA[A-Z0-9]{16}|AKIA[A-Z0-9]{16}"#, "AKIAIOSFODNN7EXAMPLE"),
            (#"PostgreSQL \d+\.\d+"#, "PostgreSQL 17.6"),
        ]
        for (pattern, replacement) in changes {
            text = text.replacingOccurrences(of: pattern, with: replacement, options: .regularExpression)
        }
        return text
    }

    /// The words: how long something took differs, and so does how lines with replaced names are filled.
    private static func comparable(_ text: String) -> [Substring] {
        let lines = text.split(separator: "\n").map { line in
            line.replacingOccurrences(of: #" +\d+(\.\d)? m?s$"#, with: "", options: .regularExpression)
        }
        return lines.joined(separator: " ").split(separator: " ")
    }
}
#endif
