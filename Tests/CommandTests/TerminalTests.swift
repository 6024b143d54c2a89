#if Command
import Foundation
import TestSupport
import Testing

@Suite("At a terminal of 80 columns", .timeLimit(.minutes(3)))
struct TerminalTests {
    /// Runs the command on a terminal of its own.
    private func run(
        _ lab: CommandLab,
        _ words: [String],
        _ more: [String: String] = [:]
    ) async throws -> CommandResult {
        let command = [try Repository.built("rds-iam")] + words
        let variables = ["TERM": "xterm", "LANG": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true"].merging(more) { $1 }
        return try await lab.run(program: "/usr/bin/env", PseudoTerminal.words(command), variables)
    }

    private static let doctor = ["doctor", "--offline", "-h", "db.example.com", "-U", "u"]

    /// Variables, and whether there is color.
    static let colors: [([String: String], Bool)] = [
        ([:], true), (["NO_COLOR": ""], true), (["NO_COLOR": "1"], false), (["TERM": "dumb"], false),
    ]

    @Test("there is color, unless NO_COLOR or the terminal says no", arguments: 0..<colors.count)
    func color(_ index: Int) async throws {
        let (variables, hasColor) = Self.colors[index]
        let lab = try CommandLab()
        for words in [Self.doctor, ["generators"], ["config"]] {
            let result = try await run(lab, words, variables)
            #expect(result.output.contains(/\u{1B}\[[0-9;]*m/) == hasColor, "\(words): \(result.output)")
        }
        #expect(try await lab.run(Self.doctor).output.contains("\u{1B}") == false)
        // A line that says how long it has taken comes and goes if it takes a second.
        let text = try await run(lab, Self.doctor, ["NO_COLOR": "1"]).output.replacing("\r\u{1B}[K", with: "\n")
        let lines = text.split(whereSeparator: \.isNewline)
        for line in lines where !line.hasPrefix("  Run: ") { #expect(line.count <= 80, "\(line)") }
    }

    @Test(
        "no line is wider than the terminal",
        arguments: [
            ["generators"], ["config"], ["credentials", "--offline"],
            ["conninfo", "host=demo.abcdefghijkl.eu-west-2.rds.amazonaws.com hostaddr=127.0.0.1 port=54321"],
        ]
    )
    func width(_ words: [String]) async throws {
        let lines = try await run(try CommandLab(), words, ["NO_COLOR": "1"]).output.split(whereSeparator: \.isNewline)
        #expect(lines.count > 3)
        // The path of a file stays whole.
        for line in lines where line.contains(" ") { #expect(line.count <= 80, "\(line)") }
    }

    @Test("a value that is wider than its column goes on in the next line", arguments: ["config", "conninfo"])
    func filled(_ command: String) async throws {
        let path = "/" + String(repeating: "directory/", count: 20) + "end"
        let words = command == "config" ? [command] : [command, "host=h sslrootcert=\(path)"]
        let result = try await run(try CommandLab(), words, ["NO_COLOR": "1", "RDS_IAM_AUDIT_LOG": path])
        #expect(!result.output.contains("…"), "\(result.output)")
        // The column is what begins with the path, without the other cells.
        let lines = result.output.split(whereSeparator: \.isNewline)
        let first = try #require(lines.firstIndex { $0.contains("/directory") })
        let start = try #require(lines[first].range(of: "/directory")).lowerBound.utf16Offset(in: lines[first])
        let parts = lines[first...].prefix { $0.contains("director") || $0.contains("/end") }.map { line in
            line.dropFirst(start).split(separator: " ").first.map(String.init) ?? ""
        }
        #expect(parts.count > 2 && parts.joined() == path, "\(parts)")
    }

    @Test("marks are ASCII if the locale is not UTF-8")
    func marks() async throws {
        let lab = try CommandLab()
        #expect(try await run(lab, Self.doctor).output.contains("✓"))
        let ascii = try await run(lab, Self.doctor, ["LC_ALL": "C"]).output
        #expect(ascii.unicodeScalars.allSatisfy(\.isASCII) && ascii.contains("+\u{1B}[0m settings"), "\(ascii)")
    }

    @Test(
        "what waits for the keyboard says so",
        arguments: [
            (["-f", "-"], "select 6 * 7;\n"),
            (["-c", "create temp table t (a int); copy t from stdin; select 41 + count(*) from t"], "1\n"),
        ]
    )
    func keyboard(_ words: [String], _ typed: String) async throws {
        let lab = try await CommandLab.atServer(as: "user5")
        let variables = ["SEEN": "then press Ctrl-D.", "THEN": "true", "TYPED": typed + "\u{4}"]
        let result = try await run(lab, ["connect"] + words, variables)
        #expect(result.status == 0 && result.output.contains("\n42"), "\(result.output)")
        #expect(result.output.components(separatedBy: "Ctrl-D").count == 2, "\(result.output)")
    }

    @Test(
        "Ctrl-C at a question of a credential_process ends the command",
        arguments: [["token"], ["doctor"], ["exec", "--", "/bin/echo", "started"]]
    )
    func interruptedHelper(_ words: [String]) async throws {
        var lab = try CommandLab()
        for key in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] { lab.environment[key] = nil }
        let helper = "sh -c 'printf Code: >/dev/tty; read code </dev/tty'"
        let config = try lab.folder.write("[default]\ncredential_process = \(helper)\n", to: "aws")
        let variables = [
            "AWS_CONFIG_FILE": config, "PGHOST": "demo.abcdefghijkl.eu-west-2.rds.amazonaws.com", "PGUSER": "u",
            "NO_COLOR": "1", "SEEN": "Code:", "THEN": "true", "TYPED": "\u{3}",
        ]
        let result = try await run(lab, words, variables)
        #expect(result.status == 256 - SIGINT, "\(result.output)")
        for text in ["started", "error", "clock"] { #expect(!result.output.contains(text), "\(result.output)") }
        #expect(try await lab.run("audit", "verify").output.contains("is intact"))
    }

    @Test("Ctrl-C ends what waits for a server that says nothing")
    func silentServer() async throws {
        let port = try LocalPort(.silent)
        var lab = try CommandLab()
        lab.environment["AWS_ENDPOINT_URL_STS"] = "http://127.0.0.1:1"
        let conninfo = "host=db.example.com hostaddr=127.0.0.1 port=\(port.number) user=u sslmode=require"
        let process = try lab.start(["connect", conninfo])
        let hasBegun = try await comesTrue { port.hasClient }
        #expect(hasBegun)
        process.send(SIGINT)
        #expect(try await process.wait() == -SIGINT)
        #expect(try await lab.run("audit", "verify").output.contains("is intact"))
    }
}
#endif
