public import AuthTokens
import RDSIAMBasics
import RDSIAMSystem

/// What a secret holds.
struct Secret {
    let user: String
    let password: String

    /// - Throws: ``SecretsManagerError``, which quotes no part of the answer.
    init(_ answer: [UInt8], _ options: SecretsManagerOptions) throws(SecretsManagerError) {
        guard let members = JSONValue.object(answer) else { throw .invalidAnswer }
        guard case .string(let text)? = members["SecretString"] else { throw .notText }
        guard let secret = JSONValue.object(Array(text.utf8)) else { throw .notJSON }
        user = try Self.member(options.userField, of: secret)
        password = try Self.member(options.passwordField, of: secret)
    }

    private static func member(_ name: String, of secret: [String: JSONValue]) throws(SecretsManagerError) -> String {
        guard case .string(let text)? = secret.first(where: { $0.key.isBytewiseEqual(to: name) })?.value, !text.isEmpty,
            !text.utf8.contains(0)
        else { throw .noField(name) }
        return text
    }
}

/// Why a secret holds no password although AWS returned it.
///
/// No code may be retried before the secret or the options change.
public struct SecretsManagerError: AuditableError, RetryableError, Hashable, CustomStringConvertible {
    /// The kind of an error, open for more kinds later.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the kind, as it stands in the audit log.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// The answer is not what Secrets Manager answers.
        public static let invalidAnswer = Self("invalidAnswer")
        /// The secret is bytes and not text, or not JSON, or lacks a field.
        public static let invalidSecret = Self("invalidSecret")
    }

    /// The kind of this error.
    public let code: Code
    /// What is wrong and what to do.
    public let message: String

    /// Whether the same call may succeed later: never.
    public var isRetryable: Bool { false }

    /// The message.
    public var description: String { message }

    /// The code under which the audit log files it.
    public var auditCode: String { "SecretsManagerError.\(code)" }

    static let invalidAnswer = Self(
        code: .invalidAnswer,
        message: "The answer is not what Secrets Manager answers. Check the endpoint settings of the AWS configuration."
    )
    static let notText = Self(code: .invalidSecret, message: "The secret holds bytes. Store it as text.")
    static let notJSON = Self(
        code: .invalidSecret,
        message: "The secret is not a JSON object. Store it as an object with a user and a password."
    )

    static func noField(_ name: String) -> Self {
        Self(
            code: .invalidSecret,
            message:
                "The JSON of the secret has no usable text under \(String(reflecting: name)). Name the field in the options."
        )
    }
}
