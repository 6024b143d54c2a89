#if Proxy
import Foundation
import TestSupport
import Testing

@testable import LoginProxy

@Suite("The file of the local password", .timeLimit(.minutes(1)))
struct LocalPasswordTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Logs in with a password and says whether it was the right one.
    private func accepts(_ verifier: SCRAMVerifier, _ password: String) throws -> Bool {
        let twin = try SCRAMVerifier(password: password, salt: verifier.salt, iterations: verifier.iterations)
        return twin.text == verifier.text
    }

    @Test(
        "The password is the file's only line, with or without its end",
        arguments: ["s3cret", "s3cret\n", "s3cret\r\n"]
    )
    func line(_ text: String) throws {
        let password = try LocalPassword.file(folder.write(text, to: "password"))
        #expect(try accepts(password.verifier, "s3cret"))
        #expect(try !accepts(password.verifier, "s3cret "))
        #expect(password.newText == nil)
    }

    @Test("Spaces are part of the password")
    func spaces() throws {
        #expect(try accepts(LocalPassword.file(folder.write(" a b \n", to: "password")).verifier, " a b "))
    }

    @Test("The file may hold a verifier instead")
    func verifier() throws {
        let text = try SCRAMVerifier(password: "pencil").text
        let password = try LocalPassword.file(folder.write(text + "\n", to: "password"))
        #expect(try accepts(password.verifier, "pencil"))
    }

    @Test("A file that other users may read is refused", arguments: [0o640, 0o604, 0o660, 0o644, 0o620, 0o601])
    func mode(_ mode: Int) throws {
        let path = try folder.write("s3cret", to: "password")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        // Root's own files may be read by a group, as those of Kubernetes are.
        guard !(getuid() == 0 && mode == 0o640) else { return }
        let error = #expect(throws: LocalListenerError.self) { try LocalPassword.file(path) }
        #expect(error?.code == .passwordFile)
        #expect(error?.message.contains("0600") == true && error?.message.contains("s3cret") == false)
    }

    @Test(
        "What is no password is refused without being repeated",
        arguments: [
            "", "\n", "one-s3cret\ntwo-s3cret\n", "s3cret-\u{E9}", "s3cret\u{1}",
            String(repeating: "s3cret", count: 400),
            "SCRAM-SHA-256$1:c2FsdHNhbHQ=$s3cret:x", "SCRAM-SHA-256$s3cret",
            "SCRAM-SHA-256$999999999:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
                + "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        ]
    )
    func refused(_ text: String) throws {
        let path = try folder.write(text, to: "password")
        let error = #expect(throws: LocalListenerError.self) { try LocalPassword.file(path) }
        #expect(error?.code == .passwordFile)
        #expect(error?.message.contains("s3cret") == false)
        #expect(error?.message.last == ".")
    }

    @Test("A directory, a missing file and a pipe without a writer are refused at once")
    func noFile() throws {
        mkfifo(folder.path("pipe"), 0o600)
        for path in [folder.url.path, folder.path("missing"), folder.path("pipe"), "a\0b"] {
            #expect(throws: LocalListenerError.self, "\(path)") { try LocalPassword.file(path) }
        }
    }

    @Test("A password that is made has 192 random bits, is shown once and does not print by accident")
    func random() throws {
        let passwords = try (0..<20).map { _ in try LocalPassword.random() }
        let texts = passwords.compactMap(\.newText)
        #expect(Set(texts).count == 20)
        for (password, text) in zip(passwords, texts) {
            #expect(text.utf8.count == 32)
            #expect(try accepts(password.verifier, text))
            var dumped = ""
            dump(password, to: &dumped)
            for shown in ["\(password)", "\(password.verifier)", String(reflecting: password), dumped] {
                #expect(!shown.contains(text) && !shown.contains(password.verifier.saltText))
            }
        }
    }
}
#endif
