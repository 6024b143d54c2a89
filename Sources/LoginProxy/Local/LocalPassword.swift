#if Proxy
import RDSIAMBasics
import RDSIAMSystem

/// The password that clients on this machine log in to the proxy with.
public struct LocalPassword: Sendable {
    /// What the proxy knows of it once it is set up.
    public let verifier: SCRAMVerifier
    /// The text of a password that was made here, to show once; `nil` if the user has it from elsewhere.
    package let newText: String?

    /// Makes a password of 192 random bits.
    package static func random() throws -> LocalPassword {
        let text = Data(SystemRandom.bytes(24)).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_")
        return LocalPassword(verifier: try SCRAMVerifier(password: text), newText: text)
    }

    /// Reads the first line of a file: a password, or a verifier in PostgreSQL's form (`SCRAM-SHA-256$…`).
    ///
    /// - Parameter path: The file. No other user may read it: its mode is 0600 or less, or 0640 or less if it belongs
    ///   to root, as PostgreSQL asks of a server's key.
    /// - Throws: ``LocalListenerError`` with the code `passwordFile`.
    public static func file(_ path: String) throws -> LocalPassword {
        let text = try line(of: path)
        if text.hasBytePrefix(SCRAMExchange.mechanism + "$") {
            guard let verifier = SCRAMVerifier(text: text) else {
                throw failure(path, "holds a broken SCRAM verifier, or one with a count of iterations that is refused")
            }
            return LocalPassword(verifier: verifier, newText: nil)
        }
        return LocalPassword(verifier: try SCRAMVerifier(password: text), newText: nil)
    }

    private static let sizeLimit = 1024

    private static func line(of path: String) throws -> String {
        guard !path.utf8.contains(0) else { throw failure(path, "has a NUL in its name") }
        // A pipe without a writer would hold the call.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw failure(path, "cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        try check(descriptor, path)
        var bytes = [UInt8](repeating: 0, count: sizeLimit + 1)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw failure(path, "cannot be read: \(String(cString: strerror(errno)))") }
        guard count <= sizeLimit else { throw failure(path, "is longer than a password") }
        let lines = bytes.prefix(count).split(separator: 0x0A, omittingEmptySubsequences: false)
        guard let first = lines.first, !first.isEmpty else { throw failure(path, "is empty") }
        guard lines.dropFirst().allSatisfy(\.isEmpty) else { throw failure(path, "has more than one line") }
        return String(decoding: first.last == 0x0D ? first.dropLast() : first, as: UTF8.self)
    }

    private static func check(_ descriptor: Int32, _ path: String) throws {
        var state = stat()
        guard fstat(descriptor, &state) == 0, state.st_mode & S_IFMT == S_IFREG else {
            throw failure(path, "is not a file")
        }
        guard state.st_uid == geteuid() || state.st_uid == 0 else { throw failure(path, "belongs to another user") }
        let forbidden: mode_t = state.st_uid == geteuid() ? 0o077 : 0o027
        guard state.st_mode & forbidden == 0 else {
            throw failure(path, "may be read by other users; its mode must be 0600")
        }
    }

    private static func failure(_ path: String, _ what: String) -> LocalListenerError {
        LocalListenerError(
            .passwordFile,
            "The file of the local password, \(path), \(what). Write the password on its only line, with mode 0600."
        )
    }
}

extension LocalPassword: CustomStringConvertible, CustomReflectable {
    /// Says nothing about the password.
    public var description: String { "LocalPassword([redacted])" }
    /// Shows nothing of the password.
    public var customMirror: Mirror { Mirror(self, children: ["verifier": verifier]) }
}
#endif
