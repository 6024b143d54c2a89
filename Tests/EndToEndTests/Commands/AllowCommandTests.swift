#if Command
import TestSupport
import Testing

@Suite("A command in a connection string", .timeLimit(.minutes(2)))
struct AllowCommandTests {
    private let conninfo = "host=db.example.com user=app sslmode=require aws_rds_iam_auth_token_generator=command "

    private func token(_ arguments: String...) async throws -> CommandResult {
        let folder = try TemporaryFolder()
        return try await ChildProcess.run(
            Repository.built("rds-iam"),
            ["token", "--audit", "off"] + arguments,
            environment: ["HOME": folder.path("home"), "PATH": "/usr/bin:/bin"]
        )
    }

    @Test("is run by rds-iam only if an option allows it")
    func allowed() async throws {
        let line = conninfo + #"aws_rds_iam_command='printf "pass word"'"#
        let refused = try await token(line)
        #expect(refused.status == 1 && refused.output.isEmpty)
        #expect(refused.errors.contains("may not run a command") && refused.errors.contains("--allow-command"))
        let allowed = try await token(line, "--allow-command")
        #expect(allowed.status == 0, "\(allowed.errors)")
        #expect(allowed.output == "pass word\n")
    }

    @Test("may choose the user, which rds-iam names on standard error")
    func user() async throws {
        for (user, note) in [("v-app", "Log in as the user \"v-app\", which the provider chose.\n"), ("app", "")] {
            let json = #"{"username": "\#(user)", "password": "p"}"#
            let folder = try TemporaryFolder()
            let file = try folder.write(json, to: "output")
            let result = try await token(conninfo + "aws_rds_iam_command='cat \(file)'", "--allow-command")
            #expect(result.output == "p\n")
            #expect(result.errors == (note.isEmpty ? "" : "rds-iam: " + note))
        }
    }

    @Test("is refused with the nearest keyword if it is misspelled")
    func misspelled() async throws {
        let result = try await token(conninfo + "aws_rds_iam_comand=true", "--allow-command")
        #expect(result.status == 1)
        #expect(result.errors.contains("aws_rds_iam_command"))
    }
}
#endif
