/// An access key ID, its secret access key and, where they are temporary, their session token.
///
/// Nothing of it prints: `description`, `debugDescription` and the mirror name the access key ID alone.
public struct SigningCredentials: Sendable {
    /// The public half, for example `AKIA…` or, for temporary credentials, `ASIA…`.
    public let accessKeyID: String
    /// The secret that signing keys are derived from.
    public let secretAccessKey: String
    /// The session token of temporary credentials; `nil` for long-lived ones, never empty.
    public let sessionToken: String?

    /// Makes credentials.
    ///
    /// - Parameters:
    ///   - accessKeyID: Letters, digits, `_` and `-` (IAM API Reference, `AccessKey`: word characters).
    ///   - secretAccessKey: Not empty, without control characters.
    ///   - sessionToken: Without control characters. An empty one counts as none: RDS Proxy refuses an empty
    ///     `X-Amz-Security-Token`.
    /// - Throws: ``SigV4Error/Code/invalidCredentials``; do not retry.
    public init(
        accessKeyID: String,
        secretAccessKey: String,
        sessionToken: String? = nil
    ) throws(SigV4Error) {
        guard accessKeyID.withUTF8Bytes(ASCIIClass.isName) else {
            throw SigV4Error(
                .invalidCredentials,
                "the access key ID is empty or holds a character other than letters, digits, '_' and '-'"
            )
        }
        guard !secretAccessKey.isEmpty, !secretAccessKey.holdsControlCharacter else {
            throw SigV4Error(.invalidCredentials, "the secret access key is empty or holds a control character")
        }
        let token = sessionToken.flatMap { $0.isEmpty ? nil : $0 }
        guard token?.holdsControlCharacter != true else {
            throw SigV4Error(.invalidCredentials, "the session token holds a control character, such as a line end")
        }
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = token
    }
}

extension SigningCredentials: Hashable {
    /// Compares the three parts.
    public static func == (left: Self, right: Self) -> Bool {
        left.accessKeyID == right.accessKeyID && left.secretAccessKey == right.secretAccessKey
            && left.sessionToken == right.sessionToken
    }

    /// Hashes the three parts.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(accessKeyID)
        hasher.combine(secretAccessKey)
        hasher.combine(sessionToken)
    }
}

extension SigningCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The access key ID; the secret parts are redacted.
    public var description: String {
        "SigningCredentials(accessKeyID: \(accessKeyID), secretAccessKey: <redacted>"
            + (sessionToken == nil ? ")" : ", sessionToken: <redacted>)")
    }

    /// The same as `description`.
    public var debugDescription: String { description }

    /// A mirror with the access key ID alone.
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}
