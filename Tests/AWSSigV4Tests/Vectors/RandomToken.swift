import AWSSigV4
import Foundation

/// One line of `Fixtures/sigv4/rds-tokens.jsonl`: a token that botocore made from random input.
struct RandomToken: Decodable, Sendable {
    let id: Int
    let host: String
    let port: Int
    let user: String
    let region: String
    let accessKeyID: String
    let secretAccessKey: String
    let sessionToken: String?
    let time: Int64
    let signature: String
    let tokenSHA256: String

    enum CodingKeys: String, CodingKey {
        case id, host, port, user, region, time, signature
        case accessKeyID = "access_key_id"
        case secretAccessKey = "secret_access_key"
        case sessionToken = "session_token"
        case tokenSHA256 = "token_sha256"
    }

    /// All of them; the file's first line names the tool that made it.
    static let all: [RandomToken] = {
        let lines = (try? Fixture.contents(of: "sigv4/rds-tokens.jsonl"))?.split(separator: UInt8(ascii: "\n")) ?? []
        return lines.dropFirst().compactMap { try? JSONDecoder().decode(RandomToken.self, from: $0) }
    }()

    var credentials: SigningCredentials {
        get throws(SigV4Error) {
            try SigningCredentials(
                accessKeyID: accessKeyID,
                secretAccessKey: secretAccessKey,
                sessionToken: sessionToken
            )
        }
    }

    func token(_ signer: SigV4Signer) throws(SigV4Error) -> String {
        try signer.rdsToken(
            host: host,
            port: port,
            user: user,
            region: region,
            credentials: credentials,
            at: time
        )
    }
}
