import CLibcrypto

/// A file in which `aws sso login` or `aws login` keeps a sign-in.
struct TokenCacheFile {
    let context: CredentialContext
    let path: String
    /// What renews the sign-in, for messages.
    let signInCommand: String

    /// Reads the file.
    func load() async throws -> [String: JSONValue] {
        let bytes: [UInt8]?
        do {
            bytes = try await context.files.contents(of: path)
        } catch {
            try CancellationError.rethrow(error)
            throw signInRequired("cannot be read: \((error as? FileStoreError)?.reason ?? "unreadable")")
        }
        guard let bytes else { throw signInRequired("does not exist") }
        guard let members = JSONValue.object(bytes) else { throw signInRequired("is damaged") }
        return members
    }

    /// Writes the file.
    ///
    /// A failure is no reason to withhold what was just fetched.
    func store(_ members: [String: JSONValue]) async {
        guard let bytes = try? JSONValue.bytes(members) else { return }
        try? await context.files.replace(path, with: bytes)
    }

    func signInRequired(_ reason: String) -> AWSCredentialError {
        AWSCredentialError(.signInRequired, "The sign-in file \(path) \(reason): run `\(signInCommand)`.")
    }
}

/// The digests in the names of sign-in files.
enum FileNameDigest {
    static func sha1(_ text: String) throws -> String { try hexadecimal(text, EVP_sha1()) }

    static func sha256(_ text: String) throws -> String { try hexadecimal(text, EVP_sha256()) }

    private static func hexadecimal(_ text: String, _ algorithm: OpaquePointer?) throws -> String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        let bytes = Array(text.utf8)
        guard EVP_Digest(bytes, bytes.count, &digest, &count, algorithm, nil) == 1 else {
            throw AWSCredentialError(.unsupported, "libcrypto offers no digest for the name of the sign-in file.")
        }
        return digest[..<Int(count)].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
