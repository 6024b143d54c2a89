#if Command
import Foundation
import TestSupport
import Testing
import TokenAuditLog

@Suite("The commands that maintain the audit log", .timeLimit(.minutes(5)))
struct AuditCommandMaintenanceTests: AuditCommandSuite {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("prune deletes old rows, records that, and leaves a log that verifies")
    func prune() async throws {
        try await token("a")
        #expect(try await audit("prune", "--older-than", "1").output.hasPrefix("0 rows deleted"))
        let result = try await audit("prune", "--before", "2100-01-01")
        #expect(result.output == "3 rows deleted; the log begins after row 3\n", "\(result.output)\(result.errors)")
        let verdict = try await audit("verify")
        #expect(verdict.status == 0, "\(verdict.output)")
        #expect(try await audit("list", "--activity", "audit.prune").lines.count == 1)
        #expect(try await audit("export", "--after", "2").errors.contains("have been pruned"))
    }

    @Test("reanchor acknowledges what is wrong: the report still names it, and the log counts as intact")
    func reanchor() async throws {
        for user in ["a", "b"] { try await token(user) }
        let forger = Repository.path("Fixtures/audit/forge.py")
        #expect(try await ChildProcess.run("/usr/bin/env", ["python3", forger, log, "remove", "2"]).status == 0)
        #expect(try await audit("verify").status == 3)
        let result = try await audit("reanchor", "--reason", "restored on Monday")
        #expect(result.output == "acknowledged what is wrong up to row 6\n", "\(result.errors)")
        let verdict = try await audit("verify")
        #expect(verdict.status == 0 && verdict.output.contains("row 2\trows-missing\t"), "\(verdict.output)")
        #expect(verdict.output.contains("acknowledged by row 7"))
        #expect(verdict.output.contains("is intact but for 1 acknowledged: "))
        #expect(try await audit("list", "--activity", "audit.reanchor", "--json").output.contains("restored on Monday"))
    }

    @Test("Prune points that cannot be stop no command", arguments: ["9223372036854775807", "-9223372036854775808"])
    func farPrunePoint(number: String) async throws {
        for user in ["a", "b"] { try await token(user) }
        let script = """
            import sqlite3, sys
            db = sqlite3.connect(sys.argv[1])
            db.execute("DROP TRIGGER anchor_true")
            db.execute(f"INSERT INTO anchor VALUES ('prune', {sys.argv[2]}, zeroblob(32), 0)")
            db.commit()
            """
        #expect(try await python(script, log, number).status == 0)
        let commands = [
            ["verify"], ["verify", "--from", "2"], ["list", "--since", "2020-01-01", "--user", "a"], ["list"],
            ["stats", "--since", "2020-01-01"], ["show", "1"], ["head"], ["export"],
            ["report", folder.path("page.html")],
        ]
        for command in commands {
            let result = try await run(["audit"] + command)
            #expect((0...4).contains(result.status), "\(command): \(result.status) \(result.errors)")
        }
        let verified = try await audit("verify")
        #expect(verified.status == 3 && verified.output.contains("prune-unrecorded"), "\(verified.output)")
    }

    @Test("reanchor writes nothing if there is nothing to acknowledge, or if no row can acknowledge it")
    func nothingToAcknowledge() async throws {
        try await token("a")
        let before = try await audit("head").output
        let intact = try await audit("reanchor", "--reason", "x")
        #expect(intact.status == 0 && intact.output == "\(log) is intact: nothing to acknowledge, nothing written\n")
        let script = """
            import sqlite3, sys
            db = sqlite3.connect(sys.argv[1])
            guard = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'event_in_sequence'").fetchone()[0]
            db.execute("DROP TRIGGER event_in_sequence")
            db.execute("INSERT INTO event SELECT -1, payload, leaf_hash, chain_hash FROM event WHERE seq = 1")
            db.execute(guard)
            db.commit()
            """
        #expect(try await python(script, log).status == 0)
        let surplus = try await audit("reanchor", "--reason", "x")
        #expect(surplus.status == 1 && surplus.errors.contains("(rows-surplus). See rds-iam audit verify."))
        #expect(try await audit("head").output == before)
    }

    @Test("a log whose checkpoints are signed still verifies with its key after these commands")
    func signed() async throws {
        let key = try AuditSigningKey(generatingFor: "audit.example.com")
        var configuration = AuditLogConfiguration()
        configuration.signingKey = key
        for _ in 0..<2 {
            let writer = try await AuditLog.open(log, configuration: configuration)
            try await writer.checkpoint()
            await writer.close()
        }
        let forger = Repository.path("Fixtures/audit/forge.py")
        #expect(try await ChildProcess.run("/usr/bin/env", ["python3", forger, log, "remove", "2"]).status == 0)
        #expect(try await audit("reanchor", "--reason", "x").status == 0)
        let verdict = try await audit("verify", "--key", "\(key.verificationKey)")
        #expect(verdict.status == 0 && !verdict.output.contains("bad-signature"), "\(verdict.output)")
        let file = try folder.write(key.secretText, to: "key")
        #expect(try await audit("prune", "--before", "2100-01-01", "--signing-key", file).status == 0)
        let pruned = try await audit("verify", "--key", "\(key.verificationKey)")
        #expect(pruned.status == 0, "\(pruned.output)")
        #expect(pruned.output.contains("the log begins after row ") && pruned.output.contains(" was deleted by "))
    }

    static let keeping = [["prune", "--older-than", "1"], ["reanchor", "--reason", "x"]]

    @Test(
        "after a writer's crash readers read a repaired copy, and each command that writes repairs the log",
        arguments: keeping
    )
    func crash(_ command: [String]) async throws {
        try await token("a")
        let head = try await audit("head").output
        let script = """
            import os, signal, sqlite3, sys
            db = sqlite3.connect(sys.argv[1], isolation_level=None)
            db.execute("PRAGMA journal_mode = TRUNCATE")
            db.execute("PRAGMA cache_size = 1")
            db.execute("BEGIN IMMEDIATE")
            db.execute("CREATE TABLE filler (a)")
            for _ in range(50): db.execute("INSERT INTO filler VALUES (zeroblob(4000))")
            os.kill(os.getpid(), signal.SIGKILL)
            """
        #expect(try await python(script, log).status == -9)
        let note = "rds-iam: note: a writer of the log has crashed; what it has left is read from a copy.\n"
        let file = try Data(contentsOf: URL(filePath: log))
        for reading in ["list", "head", "verify", "stats", "export"] {
            let result = try await audit(reading)
            #expect(result.status == 0 && result.errors == note, "\(result.errors)")
        }
        #expect(try await audit("head").output == head)
        #expect(try Data(contentsOf: URL(filePath: log)) == file)
        let result = try await run(["audit"] + command)
        #expect(result.status == 0, "\(result.errors)")
        #expect(try await audit("verify").output == "\(log) is intact: 3 rows\t\(head)")
    }

    @Test("an empty file is not a log, and does not become one", arguments: keeping)
    func emptyFile(_ command: [String]) async throws {
        try folder.write("", to: "log")
        let result = try await run(["audit"] + command)
        #expect(result.status == 1 && result.errors.contains("The file is not an audit log."))
        #expect(try folder.everything() == ["log": Data()])
    }

    @Test("best effort without a log that can be opened is a gap in the log, as soon as it can be opened")
    func gap() async throws {
        try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: false)
        let command = ["token", "--host", "db.example.com", "--audit", "best-effort", "--user"]
        for user in ["a", "b"] {
            let result = try await run(command + [user])
            #expect(result.status == 0 && result.lines.count == 1)
            #expect(result.errors.hasPrefix("rds-iam: warning: no record is kept of this token: "))
        }
        let refused = try await run(command + ["c"], ["AWS_REGION": "", "AWS_SECRET_ACCESS_KEY": ""])
        #expect(refused.status == 1)
        #expect(try await run(["token", "--host", "db.example.com", "--user", "d"]).status == 1)
        try FileManager.default.removeItem(atPath: log)
        try await token("e")
        #expect(try await audit("list").lines.map { $0.split(separator: "\t")[2] } == ["token.issue", "audit.gap"])
        let gap =
            try objects(try await audit("list", "--activity", "gap", "--json")).first?["payload"] as? [String: Any]
        #expect(gap?["detail"] as? [String: String] == ["events": "3", "issued": "2"])
        try await token("f")
        #expect(try await audit("list", "--activity", "gap").lines.count == 1)
        #expect(try folder.everything().keys.contains { $0.hasSuffix(".lost") } == false)
    }

    @Test("best effort on a full disk prints the token, warns that it is not recorded, and leaves a gap in the log")
    func bestEffort() async throws {
        try await token("a")
        let script = "trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\""
        let program = try Repository.built("rds-iam")
        let command = ["token", "--host", "db.example.com", "--user", "b", "--audit", "best-effort"]
        let result = try await run("/bin/sh", ["-c", script, program] + command)
        #expect(result.status == 0 && result.output.contains("X-Amz-Signature="))
        #expect(result.errors.contains("rds-iam: warning: no record is kept of this token: "), "\(result.errors)")
        #expect(result.errors.contains("is full") && !result.errors.contains("X-Amz"))
        try await token("c")
        let gap =
            try objects(try await audit("list", "--activity", "gap", "--json")).first?["payload"] as? [String: Any]
        #expect(gap?["detail"] as? [String: String] == ["events": "1", "issued": "1"])
        #expect(try folder.everything().keys.contains { $0.hasSuffix(".lost") } == false)
    }
}
#endif
