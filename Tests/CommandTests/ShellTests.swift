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
        func complete(_ words: String...) async throws -> [String] { try await complete(words) }
        func complete(_ words: [String]) async throws -> [String] {
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
        let beginning = lab.folder.path("compl")
        for words in [
            ["token", "--audit-log"], ["token", "--signing-key"], ["audit", "export", "--output"],
            ["audit", "export", "--state"], ["audit", "report"], ["audit", "backup"],
            ["audit", "ship", "dbname=fleet"],
        ] {
            #expect(try await complete(words + [beginning]) == [file], "\(words)")
        }
    }

    @Test("zsh accepts its script, and completes subcommands, options and the values of options at a terminal")
    func zsh() async throws {
        let lab = try await Self.lab(for: "zsh")
        try await lab.writeCompletions(of: "zsh", to: "_rds-iam")
        let check = try await lab.run(program: "/usr/bin/env", ["zsh", "-f", "-n", lab.folder.path("_rds-iam")])
        #expect(check.status == 0 && check.errors == "", "\(check.errors)")
        // A second zsh at a terminal of its own; Ctrl-X shows what Tab made of the line.
        let script = #"""
            zmodload zsh/zpty; zpty inner zsh -f -i
            setup="PS1= PS2= RPS1=; unsetopt zle_bracketed_paste prompt_sp; fpath=($1 \$fpath)
            autoload -Uz compinit; compinit -D -u; bindkey '^I' complete-word
            show() { print -rn -- \"<\$BUFFER>\"; exit }; zle -N show; bindkey '^X' show; print -r -- REA''DY"
            zpty -w inner $setup; zpty -r inner text $'*READY*'
            zpty -w -n inner "$2"$'\t\x18'; zpty -r inner text '*<*>*'; print -r -- $text
            """#
        for (line, shown) in [
            ("rds-iam tok", "<rds-iam token >"), ("rds-iam audit rea", "<rds-iam audit reanchor >"),
            ("rds-iam psql --credentials im", "<rds-iam psql --credentials imds >"),
            ("rds-iam doctor --off", "--offline  -- "),
        ] {
            let words = ["zsh", "-f", "-c", script, "zsh", lab.folder.url.path, line]
            let result = try await lab.run(program: "/usr/bin/env", words, lab.path)
            #expect(result.output.contains(shown), "\(line): \(result.output)\(result.errors)")
        }
    }

    @Test("fish accepts its script, and completes subcommands, options and the values of options")
    func fish() async throws {
        let lab = try await Self.lab(for: "fish")
        try await lab.writeCompletions(of: "fish", to: "completions")
        let script = lab.folder.path("completions")
        let check = try await lab.run(program: "/usr/bin/env", ["fish", "--no-config", "--no-execute", script])
        #expect(check.status == 0 && check.errors == "", "\(check.errors)")
        for (line, first) in [
            ("rds-iam tok", "token"), ("rds-iam audit rea", "reanchor"), ("rds-iam psql --credentials im", "imds"),
            ("rds-iam doctor --off", "--offline"), ("rds-iam token --gen", "--generator"),
        ] {
            let words = ["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script, line]
            let result = try await lab.run(program: "/usr/bin/env", words, lab.path)
            let names = result.lines.map { $0.split(separator: "\t").first.map(String.init) }
            #expect(names == [first], "\(line): \(result.output)\(result.errors)")
        }
    }

    /// A directory for a shell that must be installed.
    private static func lab(for shell: String) async throws -> CommandLab {
        let lab = try CommandLab()
        let found = try await lab.run(program: "/bin/sh", ["-c", "command -v \(shell)"], lab.path)
        try #require(found.status == 0, "\(shell) is not installed. Run: bin/setup --tests")
        return lab
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
        let known = Set([".TH", ".SH", ".SS", ".B", ".PP", ".TP", ".nf", ".fi", ".nh", ".ad"])
        for line in page.output.split(separator: "\n") where line.hasPrefix(".") {
            #expect(known.contains(line.split(separator: " ").first.map(String.init) ?? ""), "\(line)")
        }
    }
}

extension CommandLab {
    /// The path on which a shell finds the command and what its completions call.
    fileprivate var path: [String: String] {
        get throws {
            let directory = (try Repository.built("rds-iam") as NSString).deletingLastPathComponent
            return ["PATH": directory + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")]
        }
    }

    fileprivate func writeCompletions(of shell: String, to name: String) async throws {
        let script = try await run("--generate-completion-script", shell)
        try #require(script.status == 0)
        try folder.write(script.output, to: name)
    }
}
#endif
