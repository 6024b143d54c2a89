import CLibcrypto
import RDSIAMBasics
import RDSIAMHashing
import RDSIAMSystem

/// A file in which `aws sso login` or `aws login` keeps a sign-in.
struct TokenCacheFile {
    let context: CredentialContext
    let path: String
    /// What renews the sign-in, for messages.
    let signInCommand: String

    /// Reads the file.
    func load() async throws -> [String: JSONValue] {
        let bytes = try await context.contents(of: path, orThrow: signInRequired)
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

    /// The error that says what is wrong with the file.
    func signInRequired(_ fault: String, _ error: (any Error)? = nil) -> AWSCredentialError {
        AWSCredentialError(
            .signInRequired,
            "The sign-in file \(path) \(fault). Run `\(signInCommand)`.",
            underlyingError: error
        )
    }
}

/// The digests in the names of sign-in files.
enum FileNameDigest {
    static func sha256(_ text: String) throws -> String {
        do { return try SHA256Digest.hash(text).hexadecimal } catch { throw unavailable("SHA-256") }
    }

    /// `aws sso login` names its files by SHA-1, as an identifier and not for security.
    static func sha1(_ text: String) throws -> String {
        var digest = [UInt8](repeating: 0, count: 20)
        let bytes = Array(text.utf8)
        guard EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha1(), nil) == 1 else { throw unavailable("SHA-1") }
        return Hexadecimal.encode(digest)
    }

    private static func unavailable(_ name: String) -> AWSCredentialError {
        AWSCredentialError(
            .unsupported,
            "OpenSSL offers no \(name), which names the sign-in file. Check the providers in its configuration, openssl.cnf."
        )
    }
}
