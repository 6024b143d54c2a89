import AuthTokens
import Foundation

/// Events for tests.
enum Events {
    static let start = Date(timeIntervalSince1970: 1_790_000_000)

    static func token(_ number: Int = 1, at time: Date = start) -> AuthToken {
        AuthToken(
            value: "db.example.com:5432/?Action=connect&X-Amz-Signature=secret\(number)",
            kind: .signed,
            signedAt: time,
            expiresAt: time + 900,
            credential: CredentialIdentity(
                source: "profile",
                accessKeyID: "AKIDEXAMPLE",
                profile: "dev",
                accountID: "123456789012",
                roleARN: "arn:aws:iam::123456789012:role/app"
            ),
            region: "eu-central-1"
        )
    }

    static func fingerprint(_ number: Int = 1, at time: Date = start) -> String {
        token(number, at: time).fingerprint ?? ""
    }

    static func issue(
        _ number: Int = 1,
        user: String = "app",
        host: String = "db.example.com",
        generator: String = "default",
        at time: Date = start
    ) -> TokenEvent {
        let request = AuthTokenRequest(host: host, port: 5432, user: user, database: "blog")
        return TokenEvent(.issue, of: request, generator: generator, token: token(number, at: time), time: time)
    }

    static func refuse(user: String = "app", code: String = "AWSCredentialError.notConfigured") -> TokenEvent {
        let request = AuthTokenRequest(host: "db.example.com", user: user)
        return TokenEvent(.refuse, of: request, generator: "default", errorCode: code, time: start)
    }
}
