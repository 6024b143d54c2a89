public import AuthTokens

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a secret holds.
struct Secret {
    let user: String
    let password: String

    /// - Throws: ``SecretsManagerError``, which quotes nothing of it.
    init(_ answer: [UInt8], _ options: SecretsManagerOptions) throws(SecretsManagerError) {
        guard let members = Self.texts(answer) else { throw .invalidAnswer }
        guard let text = members["SecretString"] else { throw .notText }
        guard let secret = Self.texts(Array(text.utf8)) else { throw .notJSON }
        user = try Self.member(options.userField, of: secret)
        password = try Self.member(options.passwordField, of: secret)
    }

    private static func member(_ name: String, of secret: [String: String]) throws(SecretsManagerError) -> String {
        guard let text = secret[name], !text.isEmpty, !text.utf8.contains(0) else { throw .noField(name) }
        return text
    }

    private struct Text: Decodable {
        let text: String?

        init(from decoder: any Decoder) throws {
            text = try? decoder.singleValueContainer().decode(String.self)
        }
    }

    /// The members of a JSON object that are texts.
    private static func texts(_ bytes: [UInt8]) -> [String: String]? {
        (try? JSONDecoder().decode([String: Text].self, from: Data(bytes)))?.compactMapValues(\.text)
    }
}

/// Why a secret brought no password although AWS handed it out; final until somebody changes the secret or the options.
public struct SecretsManagerError: AuditableError, Hashable, CustomStringConvertible {
    /// The kind of an error, open for more kinds later.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name, as it stands in the audit log.
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
    public let description: String

    /// The code under which the audit log files it.
    public var auditCode: String { "SecretsManagerError.\(code)" }

    static let invalidAnswer = Self(code: .invalidAnswer, description: "the answer is not what Secrets Manager answers")
    static let notText = Self(code: .invalidSecret, description: "the secret holds bytes; store it as text")
    static let notJSON = Self(
        code: .invalidSecret,
        description: "the secret is no JSON object with a user and a password"
    )

    static func noField(_ name: String) -> Self {
        Self(
            code: .invalidSecret,
            description:
                "the secret's JSON has no text under \(String(reflecting: name)); name the field in the options"
        )
    }
}
