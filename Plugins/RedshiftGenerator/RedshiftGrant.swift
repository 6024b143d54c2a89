import AWSCredentialSources
public import AuthTokens

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The user and password that Redshift answers.
struct RedshiftGrant {
    let user: String
    let password: String
    let expiresAt: Date

    /// Nil where the answer is not Redshift's.
    init?(xml: [UInt8]) {
        guard let text = awsTexts(xml), let user = text("DbUser"), let password = text("DbPassword"),
            let end = text("Expiration").flatMap(Self.time)
        else { return nil }
        (self.user, self.password, expiresAt) = (user, password, end)
    }

    /// Nil where the answer is not Redshift Serverless's.
    init?(json: [UInt8]) {
        struct Answer: Decodable {
            let dbUser: String
            let dbPassword: String
            let expiration: Double
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(json)), !answer.dbPassword.isEmpty else {
            return nil
        }
        (user, password) = (answer.dbUser, answer.dbPassword)
        expiresAt = Date(timeIntervalSince1970: answer.expiration)
    }

    private static func time(_ text: String) -> Date? {
        let styles = [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true)]
        return styles.lazy.compactMap { try? $0.parse(text) }.first
    }
}

/// Why Redshift brought no password although the call succeeded or was not made; final.
public struct RedshiftError: AuditableError, Hashable, CustomStringConvertible {
    /// The kind of an error, open for more kinds later.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name, as it stands in the audit log.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// Neither the generator nor the host name says which cluster or workgroup it is.
        public static let noTarget = Self("noTarget")
        /// The answer is not what Redshift answers.
        public static let invalidAnswer = Self("invalidAnswer")
    }

    /// The kind of this error.
    public let code: Code
    /// What is wrong and what to do.
    public let description: String

    /// The code under which the audit log files it.
    public var auditCode: String { "RedshiftError.\(code)" }

    static let noTarget = Self(
        code: .noTarget,
        description:
            "the host name is not a Redshift endpoint's; name the cluster or workgroup with the generator's target"
    )
    static let invalidAnswer = Self(code: .invalidAnswer, description: "the answer is not what Redshift answers")
}
