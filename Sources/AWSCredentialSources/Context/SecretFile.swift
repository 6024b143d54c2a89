/// Reads files that hold one secret.
///
/// Errors name the file, never what is in it.
struct SecretFile {
    let context: CredentialContext

    /// The text of a file without the line end that editors and kubelets put there.
    ///
    /// - Parameters:
    ///   - path: The path; `~/` means the home folder.
    ///   - what: The file's role, to begin a message with.
    func text(of path: String, what: String) async throws -> String {
        let bytes: [UInt8]?
        do {
            bytes = try await context.files.contents(of: context.expandingHome(path) ?? path)
        } catch {
            try CancellationError.rethrow(error)
            throw AWSCredentialError(unreadable: "\(what) \(path)", error)
        }
        guard let bytes else { throw AWSCredentialError(.unreadableFile, "\(what) \(path) does not exist.") }
        let text = String(decoding: Self.withoutLineEnd(bytes), as: UTF8.self)
        guard !text.isEmpty else { throw AWSCredentialError(.unreadableFile, "\(what) \(path) is empty.") }
        return text
    }

    private static func withoutLineEnd(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        guard bytes.last == UInt8(ascii: "\n") else { return bytes[...] }
        let line = bytes.dropLast()
        return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }
}
