#if Command
import Foundation
import TestSupport
import Testing

@Suite("Secrets", .timeLimit(.minutes(5)))
struct SecretsTests {
    @Test("appear in nothing that a full run prints, logs or leaves behind")
    func nowhere() async throws {
        let server = try await RDSLookalike.start(["--user", "andrew", "--user", "mallory"])
        let folder = try TemporaryFolder()
        let account = try Account(of: server)
        let environment = account.environment.merging([
            "HOME": folder.path("home"), "XDG_STATE_HOME": folder.path("state"), "TMPDIR": folder.url.path,
            "PGSSLROOTCERT": server.facts.ca,
        ]) { own, _ in own }
        let program = try Repository.built("rds-iam")
        var printed = ""
        func run(_ arguments: [String], _ changes: [String: String] = [:]) async throws -> CommandResult {
            try await ChildProcess.run(program, arguments, environment: environment.merging(changes) { $1 })
        }
        let token = try await run(["token", server.conninfo(user: "andrew")])
        printed += token.errors
        let conninfo = server.tokenConninfo(user: "andrew")
        for arguments in [
            ["connect", conninfo], ["connect", conninfo + " password=s3cret", "-c", "select 1"],
            ["connect", conninfo, "-c", "select 1/0"], ["connect", conninfo + " sslmode=disable"],
            ["connect", server.tokenConninfo(user: "mallory", "port=1")], ["connect", "password='s3cret"],
            ["connect", "postgres://u:s3cret%zz@h/"], ["connect", "hots=s3cret"], ["audit", "list"],
            ["audit", "list", "--json"], ["audit", "verify"],
        ] {
            let result = try await run(arguments)
            printed += result.output + result.errors
        }
        let refused = try await run(["connect", conninfo], ["AWS_SECRET_ACCESS_KEY": "an0ther/secret"])
        printed += refused.output + refused.errors
        #expect(refused.status == 1)

        let signature = try #require(token.output.split(separator: "X-Amz-Signature=").last).prefix(64)
        var secrets = [String(signature), account.secret, "an0ther/secret", "s3cret", "X-Amz-Signature="]
        if let session = account.sessionToken { secrets.append(session) }
        let files = try folder.everything()
        #expect(files.keys.contains("state/rds-iam/audit.sqlite"))
        let serverLog = try String(contentsOfFile: server.facts.log, encoding: .utf8)
        for secret in secrets {
            #expect(!printed.contains(secret))
            #expect(!serverLog.contains(secret))
            for (path, bytes) in files { #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(path)") }
        }
    }
}
#endif
