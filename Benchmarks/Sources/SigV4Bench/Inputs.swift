import AWSSigV4

/// The token that all peers are measured with: Aurora, a temporary key and a session token of 700 characters.
enum Inputs {
    static let host = "mydb.cluster-cabcdefghijk.eu-central-1.rds.amazonaws.com"
    static let user = "app_iam_user"
    static let region = "eu-central-1"
    static let keyID = "ASIAABCDEFGHIJKLMNOP"
    static let secret = "abcdefghijklmnopqrstuvwxyzabcdefghijklmn"
    static let sessionToken = String((0..<700).map(letter))
    static let formBody = [UInt8](repeating: UInt8(ascii: "a"), count: 300)

    /// What AWS's session tokens look like: base64, in an order that no branch predictor learns.
    private static func letter(_ index: Int) -> Character {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        return alphabet[(index * index * 7 + index * 37) / 5 % alphabet.count]
    }

    static func credentials() throws -> SigningCredentials {
        try SigningCredentials(accessKeyID: keyID, secretAccessKey: secret, sessionToken: sessionToken)
    }

    static func token(
        _ signer: SigV4Signer,
        _ credentials: SigningCredentials,
        at time: Int64
    ) throws -> String {
        try signer.rdsToken(host: host, port: 5432, user: user, region: region, credentials: credentials, at: time)
    }

    /// A POST to STS, its body hashed and its headers signed.
    static func signedForm(_ signer: SigV4Signer, _ credentials: SigningCredentials) throws -> [SigV4Field] {
        let request = SigV4Request(
            method: "POST",
            host: "sts.eu-central-1.amazonaws.com",
            headers: [SigV4Field("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
            payload: try .sha256(of: formBody)
        )
        let scope = try CredentialScope(region: region, service: "sts", at: 1_767_225_600)
        return try signer.headers(signing: request, scope: scope, credentials: credentials)
    }
}

/// Signing times that never repeat within a day, so that no token is made twice: `X-Amz-Date` counts whole seconds.
final class Clock {
    private var second: Int64 = 0

    func next() -> Int64 {
        second = (second + 1) % 86_400
        return 1_767_225_600 + second
    }
}
