import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Signed notes", .timeLimit(.minutes(2)))
struct NoteTests {
    /// The example in the documentation of Go's package golang.org/x/mod/sumdb/note.
    static let published = """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.

        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=

        """
    static let publishedSecret = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    static let publishedKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

    @Test("a published note, key and signature are read and written byte for byte")
    func publishedNote() throws {
        let key = try #require(AuditVerificationKey(Self.publishedKey))
        let note = try #require(SignedNote(Self.published))
        #expect(try note.isSigned(by: key))
        #expect(note.serialized == Self.published)
        let secret = try AuditSigningKey(secretText: Self.publishedSecret)
        #expect(secret.verificationKey == key)
        #expect(secret.secretText == Self.publishedSecret)
        #expect(try SignedNote(signing: note.text, with: secret).serialized == Self.published)
        let changed = try #require(SignedNote(Self.published.replacing("your", with: "my")))
        #expect(try !changed.isSigned(by: key))
    }

    @Test("a head goes through a note and through its text")
    func head() throws {
        let digest = try #require(Digest((0..<32).map { UInt8($0) }))
        let head = AuditHead(logID: "log-1", sequence: 42, digest: digest)
        let key = try AuditSigningKey(generatingFor: "audit.example.com")
        let note = try head.note(signedWith: key)
        #expect(
            note.hasPrefix("rds-iam-audit-log/1\nlog-1\n42\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n— audit.")
        )
        #expect(try AuditHead(note: note, signedBy: key.verificationKey) == head)
        #expect(AuditHead(head.description) == head)
        #expect(AuditVerificationKey(key.verificationKey.description) == key.verificationKey)
        for bad in [note.replacing("42", with: "43"), "", "\n\n", String(note.dropLast(4)), Self.published] {
            #expect(throws: AuditLogError.self) { try AuditHead(note: bad, signedBy: key.verificationKey) }
        }
    }

    @Test(
        "malformed notes, keys and heads are refused",
        arguments: [
            "", "x", "a+b", "a+b+c", "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "PeterNeumann+c74f20a3+ARpc",
            "PRIVATE+KEY+PeterNeumann+c74f20a3+AAAA", "log -1 00", "log 1 zz",
            " 1 " + String(repeating: "00", count: 32),
            "text\n\n— name\n", "text\n— name AAAAAAAA\n",
        ]
    )
    func malformed(text: String) {
        #expect(AuditVerificationKey(text) == nil)
        #expect(SignedNote(text) == nil)
        #expect(AuditHead(text) == nil)
        #expect(throws: AuditLogError.self) { try AuditSigningKey(secretText: text) }
    }

    @Test("a giant text is refused as a note, a key and a head")
    func giant() { malformed(text: String(repeating: "x\n", count: 600_000)) }

    @Test("a signing key never prints its secret half")
    func redaction() throws {
        let key = try AuditSigningKey(secretText: Self.publishedSecret)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped, "\([key])"] {
            #expect(!text.contains("AYEKFALVFGyNhPJEMzD1QIDr"))
            #expect(text.contains("PeterNeumann"))
        }
        #expect(throws: AuditLogError.self) { try AuditSigningKey(generatingFor: "two words") }
    }
}
