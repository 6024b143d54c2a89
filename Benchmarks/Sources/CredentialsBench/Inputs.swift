import AWSCredentialSources
import Foundation

/// What the benchmark reads.
enum Inputs {
    static let credentials = AWSCredentials(
        accessKeyID: "ASIAIOSFODNN7EXAMPLE",
        secretAccessKey: String(repeating: "s", count: 40),
        sessionToken: String(repeating: "t", count: 700),
        expiration: Date(timeIntervalSinceNow: 6 * 3600),
        accountID: "111122223333",
        provenance: .init(source: .webIdentity, profile: "production", roleARN: "arn:aws:iam::111122223333:role/reader")
    )

    static var environmentContext: CredentialContext {
        var context = CredentialContext.system
        context.environment["AWS_ACCESS_KEY_ID"] = credentials.accessKeyID
        context.environment["AWS_SECRET_ACCESS_KEY"] = credentials.secretAccessKey
        context.environment["AWS_SESSION_TOKEN"] = credentials.sessionToken
        return context
    }

    static var profileContext: CredentialContext {
        var context = CredentialContext.system
        context.environment = [:]
        context.homeDirectory = "/home"
        context.files = OneFile(bytes: Array(profiles.utf8))
        return context
    }

    /// A config file of 1,000 profiles with six properties each.
    static let profiles = (0..<1000).map { index in
        """
        [profile p\(index)]
        # a comment
        region = eu-west-2
        output = json
        aws_access_key_id = AKIAIOSFODNN7EXAMPL\(index % 10)
        aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
        s3 =
          max_concurrent_requests = 20
          addressing_style = path

        """
    }.joined()
}

/// A config file in memory and nothing else.
struct OneFile: FileStore {
    var bytes: [UInt8]

    func contents(of path: String) async throws -> [UInt8]? { path.hasSuffix("config") ? bytes : nil }
    func replace(_ path: String, with contents: [UInt8]) async throws {}
}
