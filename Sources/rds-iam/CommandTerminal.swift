#if Command
import AWSCredentialSources
import RDSIAMBasics
import RDSIAMSystem

/// The terminal that the command is run at, for those who have a question on the way to credentials.
///
/// Without a terminal a `credential_process` cannot ask, and a role with `mfa_serial` is refused.
enum CommandTerminal {
    /// Lets a `credential_process` and a role with MFA ask the user.
    static func offer() {
        var access = TerminalAccess()
        access.showsErrorsOfHelpers = true
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        if terminal >= 0 {
            close(terminal)
            access.isLentToHelpers = true
            access.mfaCode = { device in
                try await BlockingWork.untilCanceled { try ask("MFA code for \(device.displayed): ") }
            }
        }
        TerminalAccess.ofProcess = access
    }

    private struct NoAnswer: Error {}

    private static func ask(_ question: String) throws -> String {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { throw NoAnswer() }
        defer { close(terminal) }
        let bytes = Array(question.utf8)
        guard write(terminal, bytes, bytes.count) == bytes.count, let line = readChunk(of: terminal) else {
            throw NoAnswer()
        }
        let code = String(decoding: line.filter { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
        guard !code.isEmpty else { throw NoAnswer() }
        return code
    }
}
#endif
