import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

/// Texts that Swift's `==`, or a change of case, takes for one another.
private struct Twins: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let left: String
    let right: String

    static let all = [
        Twins(testDescription: "NFC and NFD", left: "jos\u{E9}", right: "jose\u{301}"),
        Twins(testDescription: "K and the Kelvin sign", left: "Kai", right: "\u{212A}ai"),
        Twins(testDescription: "s and the long s", left: "rds", right: "rd\u{17F}"),
        Twins(testDescription: "with and without a NUL", left: "app", right: "app\u{0}"),
        Twins(testDescription: "different after a NUL", left: "app\u{0}a", right: "app\u{0}b"),
        Twins(testDescription: "a NUL and its escape", left: "app\u{0}", right: "app\\u0000"),
    ]

    var both: [String] { [left, right] }
}

@Suite("Texts are compared as bytes", .timeLimit(.minutes(2)))
struct BytewiseTests {
    struct Field: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let filter: @Sendable (String) -> AuditFilter
        let value: @Sendable (AuditRecord) -> String?

        init(
            _ name: String,
            _ path: any WritableKeyPath<AuditFilter, String?> & Sendable,
            _ value: @escaping @Sendable (AuditRecord) -> String?
        ) {
            testDescription = name
            filter = { text in
                var filter = AuditFilter()
                filter[keyPath: path] = text
                return filter
            }
            self.value = value
        }

        static let all = [
            Field("user", \.user) { $0.target?.user }, Field("host", \.host) { $0.target?.host },
            Field("generator", \.generator) { $0.generator }, Field("profile", \.profile) { $0.credential?.profile },
            Field("access key", \.accessKeyID) { $0.credential?.accessKeyID },
            Field("source", \.credentialSource) { $0.credential?.source }, Field("id", \.id) { $0.id },
            Field("fingerprint", \.fingerprint) { $0.token?.fingerprint },
        ]
    }

    /// Writes an event for each text, which stands in all of its fields.
    private func write(_ texts: [String], to path: String) async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        for text in texts {
            var event = Events.issue(user: text, host: text, generator: text)
            event.id = text
            event.token?.fingerprint = text
            event.credential = CredentialIdentity(source: text, accessKeyID: text, profile: text)
            try await log.record(event)
        }
        await log.close()
    }

    @Test("a search finds a text and not its twin", arguments: Twins.all)
    fileprivate func search(twins: Twins) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await write(twins.both, to: path)
        let reader = try await AuditLogReader.open(path)
        for field in Field.all {
            for text in twins.both {
                // Fingerprints are searched for in lowercase.
                if field.testDescription == "fingerprint", text.asciiLowercased() != text { continue }
                let found = try await reader.page(matching: field.filter(text)).entries
                let values = found.compactMap { $0.record.flatMap(field.value) }
                #expect(values.map { Array($0.utf8) } == [Array(text.utf8)], "\(field.testDescription)")
            }
        }
        #expect(try await reader.verify().findings == [])
    }

    @Test("a fingerprint in capitals is found, and one with a Kelvin sign is not the one with a k")
    func fingerprint() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await write(["k0", "ab"], to: path)
        let reader = try await AuditLogReader.open(path)
        #expect(try await reader.trace(fingerprint: "AB").isKnown)
        #expect(try await reader.trace(fingerprint: "K0").isKnown)
        #expect(try await reader.trace(fingerprint: "\u{212A}0").isKnown == false)
    }

    @Test("statistics count twins by themselves", arguments: Twins.all)
    fileprivate func statistics(twins: Twins) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await write(twins.both + [twins.left], to: path)
        let statistics = try await AuditLogReader.open(path).statistics()
        func counts(_ groups: [AuditStatistics.Group]) -> [[UInt8]: Int] {
            Dictionary(uniqueKeysWithValues: groups.map { (Array($0.name.utf8), $0.counts.issued) })
        }
        #expect(counts(statistics.perUser) == [Array(twins.left.utf8): 2, Array(twins.right.utf8): 1])
        // The names of servers alone are shown in lowercase.
        let hosts = [twins.left, twins.right].map { Array($0.asciiLowercased().utf8) }
        #expect(counts(statistics.perHost) == [hosts[0]: 2, hosts[1]: 1])
    }

    @Test("records, targets, actors, filters and heads of twins are not equal", arguments: Twins.all)
    fileprivate func equality(twins: Twins) throws {
        let (left, right) = (Events.issue(user: twins.left), Events.issue(user: twins.right))
        var second = AuditRecord(right, by: Logs.actor)
        let first = AuditRecord(left, by: Logs.actor)
        second.id = first.id
        #expect(first != second)
        #expect(first.target != second.target)
        #expect(Set([first.target, second.target]).count == 2)
        second.target = first.target
        #expect(first == second)
        second.detail["reason"] = twins.left
        var third = second
        third.detail["reason"] = twins.right
        #expect(second != third)
        let actors = twins.both.map { AuditActor(user: $0, userID: 0, processID: 0, program: "", host: "") }
        #expect(Set(actors).count == 2)
        #expect(Set(twins.both.map { AuditHead(logID: $0, sequence: 1, digest: Digest()) }).count == 2)
        #expect(Set(try twins.both.map { try AuditVerificationKey(name: $0, publicKey: []) }).count == 2)
        let filters = twins.both.map { text in
            var filter = AuditFilter()
            filter.user = text
            return filter
        }
        #expect(Set(filters).count == 2)
    }

    @Test("an object's keys are in the order of UTF-16 (RFC 8785 §3.2.3), and twins are two keys")
    func canonicalKeys() throws {
        // RFC 8785's own example, without the control character that JSON itself escapes.
        let names = ["\r", "1", "\u{80}", "\u{F6}", "\u{20AC}", "\u{1F600}", "\u{FB33}"]
        let object = CanonicalJSONObject(names.shuffled().map { .init(key: $0, value: .integer(1)) })
        #expect(object.members.map(\.key) == names)
        #expect(object.hasEachKeyOnce)
        let text = Array(#"{"e\#u{301}":1,"\#u{E9}":2}"#.utf8)
        let parsed = try #require(CanonicalJSONParser.parse(text))
        #expect(parsed.utf8 == text)
        #expect(parsed["e\u{301}"]?.number == 1 && parsed["\u{E9}"]?.number == 2)
        #expect(CanonicalJSON.string("e\u{301}") != CanonicalJSON.string("\u{E9}"))
    }

    @Test("planted triggers whose names are twins are two findings")
    func schema() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await Logs.write(3, to: path)
        for name in ["\u{E9}", "e\u{301}"] {
            try Connection(path: path, mode: .writing).execute(
                "CREATE TRIGGER \(name) AFTER INSERT ON event BEGIN SELECT 1; END"
            )
        }
        #expect(try await Logs.verification(of: path).lines == ["schema-altered 0", "schema-altered 0"])
    }

    @Test("CSV doubles a quotation mark that a combining mark follows")
    func csv() {
        #expect(Array(CSVRow.escape("a\"\u{301},b").utf8) == Array("\"a\"\"\u{301},b\"".utf8))
        #expect(CSVRow.escape("a\r\n") == #"a\u000d\u000a"#)
    }

    @Test("a path is split at every slash, and one that holds a NUL is refused")
    func paths() async throws {
        let folder = try TemporaryFolder()
        // A URL would encode some of these.
        let top = folder.url.path
        let log = top + "/new/\u{301}log"
        try await Logs.write(1, to: log)
        let names = try FileManager.default.contentsOfDirectory(atPath: top + "/new")
        #expect(names.contains { $0.isBytewiseEqual(to: "\u{301}log") })
        for path in ["", top + "/a\u{0}b"] {
            #expect(await Logs.code { _ = try await AuditLog.open(path) } == .invalidArgument)
            #expect(await Logs.code { _ = try await AuditLogReader.open(path) } == .invalidArgument)
            let reader = try await AuditLogReader.open(log)
            #expect(await Logs.code { _ = try await reader.backUp(to: path) } == .invalidArgument)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: top) == ["new"])
    }

    @Test("twins of a path are two logs")
    func twinPaths() async throws {
        let folder = try TemporaryFolder()
        try await Logs.write(1, to: folder.url.path + "/\u{E9}?#%41")
        try await Logs.write(2, to: folder.url.path + "/e\u{301}?#%41")
        #expect(try await Logs.entries(of: folder.url.path + "/\u{E9}?#%41").count == 1)
        #expect(try await Logs.entries(of: folder.url.path + "/e\u{301}?#%41").count == 2)
    }

    @Test("a note, a key and a head are split at bytes, whatever combining marks follow")
    func notes() throws {
        #expect(
            !NoteKeyName.isValid("a+\u{301}b") && !NoteKeyName.isValid("a \u{301}") && NoteKeyName.isValid("\u{301}")
        )
        let hash = String(repeating: "00", count: 32)
        #expect(AuditHead("log \u{301}1 \(hash)") == nil)
        #expect(AuditHead("\u{301}log 1 \(hash)")?.logID.utf8.count == 5)
        let key = try AuditSigningKey(generatingFor: "\u{301}")
        #expect(AuditVerificationKey(key.verificationKey.description) == key.verificationKey)
        #expect(try AuditSigningKey(secretText: key.secretText).verificationKey == key.verificationKey)
        for text in ["\u{301}a\r\n", "a\n\n\u{301}b\n"] {
            let note = try SignedNote(signing: text, with: key)
            let read = try #require(SignedNote(note.serialized))
            #expect(Array(read.text.utf8) == Array(text.utf8))
            #expect(try read.isSigned(by: key.verificationKey))
        }
        let (composed, decomposed) = (
            try AuditSigningKey(generatingFor: "\u{E9}"), try AuditSigningKey(generatingFor: "e\u{301}")
        )
        let note = try SignedNote(signing: "a\n", with: composed)
        #expect(try !note.isSigned(by: decomposed.verificationKey))
    }
}
