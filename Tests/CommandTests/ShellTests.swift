#if Command
import Foundation
import TestSupport
import Testing

@Suite("Completions and the manual page", .timeLimit(.minutes(5)))
struct ShellTests {
    @Test("bash completes subcommands, options and the values of options")
    func bash() async throws {
        let lab = try CommandLab()
        let script = try await lab.run("--generate-completion-script", "bash")
        let file = try lab.folder.write(script.output, to: "completion")
        func complete(_ words: String...) async throws -> [String] {
            let line = """
                source "$1"; shift; COMP_WORDS=(rds-iam "$@"); COMP_CWORD=$#; COMP_LINE="rds-iam $*"
                COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; COMP_KEY=9
                compopt() { :; }
                name=$(complete -p rds-iam | sed 's/.*-F \\([^ ]*\\).*/\\1/')
                "$name" rds-iam "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"; printf '%s\\n' "${COMPREPLY[@]}"
                """
            let result = try await lab.run(program: "/bin/bash", ["-c", line, "bash", file] + words)
            return result.output.split(whereSeparator: \.isWhitespace).map(String.init)
        }
        #expect(try await complete("to") == ["token"])
        #expect(try await Set(complete("audit", "re")) == ["report", "reanchor"])
        #expect(try await complete("token", "--gen").contains("--generator"))
        #expect(try await complete("psql", "--credentials", "im") == ["imds"])
        for shell in ["zsh", "fish"] {
            let script = try await lab.run("--generate-completion-script", shell)
            #expect(script.status == 0 && script.output.contains("rds-iam") && script.output.contains("psql"))
        }
    }

    @Test("the manual page has every subcommand with its options and examples, and no line that roff would not know")
    func manual() async throws {
        let lab = try CommandLab()
        let words = ["python3", Repository.path("bin/manual"), try Repository.built("rds-iam")]
        let page = try await lab.run(program: "/usr/bin/env", words)
        #expect(page.status == 0, "\(page.errors)")
        let help = try await lab.run("--help").output
        let names = help.components(separatedBy: "SUBCOMMANDS:\n").last?.split(separator: "\n").compactMap { line in
            line.hasPrefix("  ") && !line.hasPrefix("   ") ? line.split(separator: " ").first.map(String.init) : nil
        }
        let subcommands = try #require(names).filter { $0 != "See" }
        #expect(subcommands.count > 8)
        for name in subcommands {
            #expect(page.output.contains("\n.SS rds\\-iam \(name.replacing("-", with: "\\-"))\n"), "\(name)")
        }
        #expect(page.output.contains("\\fB\\-h\\fR, \\fB\\-\\-host\\fR \\fIHOST\\fR"))
        #expect(page.output.contains("Exit status:"))
        // A line that begins with a dot is a request; each that stands here is known.
        let known = Set([".TH", ".SH", ".SS", ".B", ".PP", ".TP", ".RS", ".RE", ".nf", ".fi"])
        for line in page.output.split(separator: "\n") where line.hasPrefix(".") {
            #expect(known.contains(line.split(separator: " ").first.map(String.init) ?? ""), "\(line)")
        }
    }
}
#endif
