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
            let reason = (error as? FileStoreError)?.reason ?? "unreadable"
            throw AWSCredentialError(.unreadableFile, "\(what) \(path) cannot be read: \(reason).")
        }
        guard let bytes else { throw AWSCredentialError(.unreadableFile, "\(what) \(path) does not exist.") }
        let text = String(decoding: bytes, as: UTF8.self).trimmingOneLineEnd
        guard !text.isEmpty else { throw AWSCredentialError(.unreadableFile, "\(what) \(path) is empty.") }
        return text
    }
}

extension String {
    fileprivate var trimmingOneLineEnd: String {
        if hasSuffix("\r\n") || hasSuffix("\n") { return String(dropLast()) }
        return self
    }
}
