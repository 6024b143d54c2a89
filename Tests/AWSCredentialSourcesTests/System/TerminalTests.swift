import Foundation
import TestSupport
import Testing

/// Helpers that ask the user, at a real terminal.
@Suite(.timeLimit(.minutes(5))) struct TerminalTests {
    struct Session: Sendable, CustomTestStringConvertible {
        var name: String
        var access: String
        var command: String
        /// What the user answers to which prompt.
        var talk: [String] = []
        var shows: [String]
        var hides: [String] = []

        var testDescription: String { name }
    }

    private static let print = #"printf '{"Version":1,"AccessKeyId":"A%s","SecretAccessKey":"s"}' "$code""#

    @Test(
        "a helper asks at a terminal that it is lent, and fails at once without",
        arguments: [
            Session(
                name: "a question on /dev/tty",
                access: "lent",
                command: "printf 'Code: ' >/dev/tty; read code </dev/tty; \(print)",
                talk: ["Code: ", "123456"],
                shows: ["key A123456", "foreground"]
            ),
            Session(
                name: "a question on standard error, answered on standard input",
                access: "lent",
                command: "printf 'Code: ' >&2; read code; \(print)",
                talk: ["Code: ", "654321"],
                shows: ["key A654321", "foreground"]
            ),
            Session(
                name: "two questions with the echo off",
                access: "lent",
                command:
                    "stty -echo </dev/tty; printf 'User: ' >/dev/tty; read u </dev/tty; printf 'Code: ' >/dev/tty; "
                    + "read code </dev/tty; stty echo </dev/tty; \(print)",
                talk: ["User: ", "me", "Code: ", "42"],
                shows: ["key A42", "foreground", "echo on"]
            ),
            Session(
                name: "a question without a terminal",
                access: "isolated",
                command: "printf 'Code: ' >/dev/tty; read code </dev/tty; \(print)",
                shows: ["error", "tried to use the terminal", "at once"],
                hides: ["key A"]
            ),
            Session(
                name: "a question in a process that the helper starts",
                access: "shown",
                command: "sh -c 'read code </dev/tty'; \(print)",
                shows: ["error", "tried to use the terminal", "at once"]
            ),
            Session(
                name: "settings of the terminal that are changed in the background",
                access: "isolated",
                command: "stty -echo </dev/tty; \(print)",
                shows: ["error", "tried to use the terminal", "at once", "echo on"]
            ),
            Session(
                name: "Ctrl-C",
                access: "lent",
                command: "stty -echo </dev/tty; printf 'Code: ' >/dev/tty; read code </dev/tty; \(print)",
                talk: ["Code: ", "^C"],
                shows: ["echo on", "\nended by signal 2"],
                hides: ["error", "key A"]
            ),
            Session(
                name: "a helper that stops itself",
                access: "isolated",
                command: "kill -STOP $$; \(print)",
                shows: ["error", "was stopped, by a signal", "at once"]
            ),
            Session(
                name: "standard error that is shown",
                access: "shown",
                command: "echo 'Open https://sign.in' >&2; exit 3",
                shows: ["Open https://sign.in", "ended with status 3"]
            ),
            Session(
                name: "standard error that is not shown",
                access: "isolated",
                command: "echo 'Open https://sign.in' >&2; exit 3",
                shows: ["ended with status 3"],
                hides: ["sign.in"]
            ),
            Session(
                name: "no question",
                access: "lent",
                command: "code=7; \(print)",
                shows: ["key A7", "foreground", "at once"]
            ),
        ]
    )
    func session(_ session: Session) async throws {
        let script = Repository.path("Fixtures/aws/terminal.py")
        // The script itself gives up after a minute of silence.
        let shown = try await ChildProcess.run(
            try Repository.oraclePython(),
            [script, try Repository.built("terminal-user"), session.access, session.command, "--"] + session.talk,
            timeLimit: .seconds(180)
        ).output
        for text in session.shows { #expect(shown.contains(text), "\(shown)") }
        for text in session.hides { #expect(!shown.contains(text), "\(shown)") }
    }
}
