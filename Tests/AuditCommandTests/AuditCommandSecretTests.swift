#if Command
import Foundation
import TestSupport
import Testing

@Suite("Secrets given to rds-iam audit", .timeLimit(.minutes(5)))
struct AuditCommandSecretTests: AuditCommandSuite {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("find-token finds a token by its text and by its fingerprint, and never repeats it")
    func findToken() async throws {
        let token = try await token("a")
        let alive = try await audit("find-token", input: "\n \(token)\r\n")
        #expect(alive.status == 0)
        #expect(alive.lines.first?.contains("a@db.example.com:5432") == true)
        #expect(alive.lines.last?.hasPrefix("VALID until 20") == true)
        let json = try await audit("find-token", "--json", input: token)
        let found = try #require(try objects(json).first)
        #expect(found["schema"] as? String == "rds-iam.audit.find-token/1" && found["verdict"] as? String == "valid")
        let event = ((found["tokens"] as? [[String: Any]])?.first?["events"] as? [[String: Any]])?.first
        let payload = try #require(event?["payload"] as? [String: Any])
        let fingerprint = try #require((payload["token"] as? [String: Any])?["sha256"] as? String)
        let known = try await audit("find-token", "--fingerprint", fingerprint.uppercased())
        #expect(known.output == alive.output)
        let unknown = try await audit("find-token", input: token.dropLast() + (token.hasSuffix("0") ? "1" : "0"))
        #expect(unknown.status == 1 && unknown.errors.contains("no such token"))
        let misplaced = try await audit("find-token", token)
        #expect(misplaced.status == 2 && misplaced.errors.contains("standard input"))
        let empty = try await audit("find-token")
        #expect(empty.status == 5 && empty.errors.contains("is empty"))
        let giant = try await audit("find-token", input: String(repeating: "x", count: 2_000_000))
        #expect(giant.status == 5 && giant.errors.contains("is longer than"))
        let signature = try #require(token.split(separator: "X-Amz-Signature=").last)
        for result in [alive, json, known, unknown, misplaced, empty] {
            #expect(!(result.output + result.errors).contains(signature))
            #expect(!(result.output + result.errors).contains(secret))
        }
    }

    @Test("find-token finds a token in a row that a newer version wrote, and calls the row unreadable")
    func unreadable() async throws {
        let token = try await token("a")
        let script = """
            import sqlite3, sys
            db = sqlite3.connect(sys.argv[1])
            db.execute("DROP TRIGGER event_unchanged")
            change = ('"v":2', '"v":9')
            db.execute("UPDATE event SET payload = replace(payload, ?, ?) WHERE seq = 2", change)
            db.commit()
            """
        let change = try await python(script, log)
        #expect(change.status == 0, "\(change.errors)")
        let result = try await audit("find-token", input: token)
        #expect(result.status == 0 && result.lines.first == "2\tunreadable", "\(result.output)\(result.errors)")
        #expect(result.output.contains("run rds-iam audit verify"))
        #expect(result.lines.last?.hasPrefix("NO KNOWN END.") == true)
    }

    @Test("a token or a secret key in the wrong place is refused without being repeated")
    func misplaced() async throws {
        let token = try await token("a")
        let key = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
        let mistakes = [
            ["list", token], ["fnd-token", token], [token], ["list", "--limit", token], ["verify", "--head", token],
            ["verify", "--head=\(token)"], ["prune", "--before", token], ["list", "--\(token)"],
            ["export", "--after", token],
            ["verify", "--key", key], ["verify", "--key=\(key)"], ["verify", "--head", key],
            ["reanchor", "--key", key],
            ["list", key],
        ]
        for arguments in mistakes {
            let result = try await run(["audit"] + arguments)
            #expect(result.status == 2, "\(arguments.first ?? "")")
            let said = result.output + result.errors
            #expect(!said.contains("X-Amz-") && !said.contains("Action=connect"), "\(arguments.first ?? "")")
            #expect(!said.contains("AYEKFALVFGyNhPJEMzD1QIDr"))
        }
        for arguments in [["backup", "/no/such/\(token)"], ["list", "--audit-log", token]] {
            let result = try await run(["audit"] + arguments)
            #expect(result.status == 1 && !(result.output + result.errors).contains("X-Amz-"))
        }
    }
}
#endif
