import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Payloads", .timeLimit(.minutes(2)))
struct PayloadTests {
    @Test("a payload is the bytes that another language's canonical JSON gives")
    func canonical() async throws {
        let awkward = (0..<0x20).map { String(UnicodeScalar(UInt8($0))) }.joined() + "\"\\/\u{7F}é漢🗝\u{2028}"
        let value = CanonicalJSON.object([
            "b": .integer(-9_007_199_254_740_991), "a": .string(awkward),
            "c": .object(["z": .integer(0), "": .string("")]),
        ])
        let script = """
            import json, sys
            text = sys.stdin.buffer.read().decode()
            print(json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False) == text)
            """
        let result = try await ChildProcess.run("/usr/bin/env", ["python3", "-c", script], input: Data(value.utf8))
        #expect(result.lines == ["True"])
        #expect(CanonicalJSONParser.parse(value.utf8) == value)
    }

    @Test(
        "a text that is not canonical reads as nil",
        arguments: [
            "", "{", "}", "{}x", " {}", "[]", "null", "true", "1.5", "1e3", "--1", "\"", "\"\\", "\"\\x\"", "\"\\u00\"",
            "\"\\u0041\"", "\"\\u00zz\"", "{\"a\":1,}", "{\"a\" :1}", "{\"a\":1,\"a\":2}", "{1:1}",
            "99999999999999999999",
            "\"\n\"", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}",
        ]
    )
    func malformed(text: String) { #expect(CanonicalJSONParser.parse(Array(text.utf8)) == nil) }

    @Test("any truncation of a payload and any changed byte reads without a crash")
    func junk() {
        let payload = AuditRecord(Events.issue(), by: Logs.actor).payload.utf8
        for count in 0..<payload.count { #expect(CanonicalJSONParser.parse(Array(payload.prefix(count))) == nil) }
        for index in payload.indices {
            var changed = payload
            changed[index] = UInt8.random(in: 0...255)
            _ = CanonicalJSONParser.parse(changed).flatMap(AuditRecord.init(payload:))
        }
        #expect(CanonicalJSONParser.parse(Array(String(repeating: "{\"a\":", count: 100_000).utf8)) == nil)
        #expect(CanonicalJSONParser.parse([0x22, 0xFF, 0x22]) == nil)
    }

    @Test("the format of a payload does not change")
    func format() throws {
        var event = Events.issue()
        event.id = "018f0000-0000-7000-8000-000000000000"
        let payload = String(decoding: AuditRecord(event, by: Logs.actor).payload.utf8, as: UTF8.self)
        #expect(
            payload == """
                {"activity":"token.issue","actor":{"host":"app-1","pid":4711,"program":"web","uid":501,"user":"andrew"},\
                "credential":{"access_key_id":"AKIDEXAMPLE","account":"123456789012","profile":"dev",\
                "role_arn":"arn:aws:iam::123456789012:role/app","source":"profile"},"generator":{"name":"default"},\
                "id":"018f0000-0000-7000-8000-000000000000","outcome":"success","policy":"best_effort",\
                "target":{"database":"blog","host":"db.example.com","port":5432,"region":"eu-central-1","user":"app"},\
                "time_us":1790000000000000,"token":{"expires_us":1790000900000000,"sha256":"\(Events.fingerprint())",\
                "signed_us":1790000000000000},"v":2}
                """
        )
    }

    @Test("the signing endpoint, the requested user and an unknown expiration are recorded, and read again")
    func version2() throws {
        var event = Events.issue()
        event.user = "iam:app"
        event.signingHost = "prod.example.com"
        event.signingPort = 5433
        event.token = TokenEvent.TokenFacts(fingerprint: nil, signedAt: Events.start, expiresAt: nil)
        let payload = AuditRecord(event, by: Logs.actor).payload
        let text = String(decoding: payload.utf8, as: UTF8.self)
        #expect(
            text.contains(
                #""requested_user":"app","signing_host":"prod.example.com","signing_port":5433,"user":"iam:app"}"#
            )
        )
        #expect(text.hasSuffix(#""token":{"signed_us":1790000000000000},"v":2}"#))
        let record = try #require(AuditRecord(payload: payload))
        #expect(record.target?.signingHost == "prod.example.com" && record.target?.signingPort == 5433)
        #expect(record.target?.requestedUser == "app" && record.target?.user == "iam:app")
        #expect(record.token == event.token)
    }

    @Test("a password has no fingerprint in the log, and no hash of it is in the file")
    func password() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        let token = AuthToken(value: "Summer2026!", signedAt: Events.start, expiresAt: nil)
        let request = AuthTokenRequest(host: "db.example.com", user: "app")
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await log.record(TokenEvent(.issue, of: request, generator: "secret", token: token, time: Events.start))
        await log.close()
        let hash = try #require(
            AuthToken(value: "Summer2026!", kind: .signed, signedAt: Events.start, expiresAt: nil).fingerprint
        )
        let file = try Data(contentsOf: URL(filePath: path))
        #expect(file.range(of: Data(hash.utf8)) == nil && file.range(of: Data("Summer".utf8)) == nil)
        #expect(try await Logs.verification(of: path).findings == [])
    }

    @Test("a record with a time that is not finite or out of range is written")
    func extremes() throws {
        for time in [
            Date.distantPast, .distantFuture, Date(timeIntervalSince1970: .infinity), Date(timeIntervalSince1970: .nan),
        ] {
            let record = AuditRecord(Events.issue(at: time), by: Logs.actor)
            let parsed = CanonicalJSONParser.parse(record.payload.utf8)
            #expect(parsed == record.payload)
        }
    }
}

@Suite("Secrets", .timeLimit(.minutes(2)))
struct AuditSecretsTests {
    @Test("no byte of log, journals, backup and exports holds a secret, even if a caller mixes up fields")
    func nowhere() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        let secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        for journal in [JournalMode.truncate, .wal] {
            var configuration = Logs.quiet
            configuration.journalMode = journal
            configuration.signingKey = try AuditSigningKey(secretText: NoteTests.publishedSecret)
            let log = try await AuditLog.open(path + journal.rawValue, configuration: configuration)
            try await Logs.write(20, to: log)
            // A token as the user, and a secret in the error's code.
            try await log.record(Events.issue(user: Events.token(3).value))
            try await log.record(Events.refuse(code: "bad X-AMZ-Security-Token=" + secretKey))
            // And a token in the reason.
            let report = try await Logs.verification(of: path + journal.rawValue)
            try await log.reanchor(acknowledging: report, reason: "in a debug log: " + Events.token(4).value)
            try copyAll(in: folder)
            let reader = try await AuditLogReader.open(path + journal.rawValue)
            for format in [AuditExportFormat.jsonLines, .csv, .ocsf] {
                let file = folder.path("export-\(format.rawValue)")
                _ = FileManager.default.createFile(atPath: file, contents: nil)
                let handle = try FileHandle(forWritingTo: URL(filePath: file))
                try await reader.export(format) { try handle.write(contentsOf: $0) }
            }
            try await reader.backUp(to: folder.path("backup-\(journal.rawValue)"))
            await log.close()
        }
        let files = try folder.everything()
        #expect(
            files.keys.contains { $0.hasSuffix("-wal.seen") } && files.keys.contains { $0.hasSuffix("-journal.seen") }
        )
        let secrets =
            (1...20).flatMap { [Events.token($0).value, "X-Amz-Signature=secret\($0)"] }
            + [secretKey, "AYEKFALVFGyNhPJEMzD1QIDr", "secret3", "secret4"]
        for (name, bytes) in files {
            for secret in secrets { #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(secret) is in \(name)") }
        }
    }

    /// Copies all files: closing the log deletes the journals.
    private func copyAll(in folder: TemporaryFolder) throws {
        for (name, bytes) in try folder.everything() {
            try bytes.write(to: URL(filePath: folder.path(name + ".seen")))
        }
    }

    @Test("no error holds a secret")
    func errors() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        let token = Events.token(1)
        await log.close()
        do {
            try await log.record(Events.issue(1))
            Issue.record("a closed log has recorded an event")
        } catch {
            #expect(!"\(error)".contains(token.value) && !"\(error)".contains("secret1"))
            #expect((error as? AuditLogError)?.auditCode == "AuditLogError.closed")
        }
    }
}
