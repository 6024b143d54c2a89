#if Proxy
import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import LoginProxy
import PGConninfo
import TestSupport

/// One look-alike of RDS for all tests that do not stop it or move its clock.
///
/// Each test logs in as another user, so that it finds its own verdicts.
enum SharedServer {
    static let users = (1...40).map { "proxied\($0)" }

    private static let task = Task {
        try await RDSLookalike.start(["--replication"] + users.flatMap { ["--user", $0] })
    }

    static var value: RDSLookalike {
        get async throws { try await task.value }
    }
}

extension RDSLookalike {
    /// The credentials of the account that it knows.
    func credentials() throws -> AWSCredentials {
        var values: [String: String] = [:]
        for line in try String(contentsOfFile: facts.credentials, encoding: .utf8).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        return AWSCredentials(
            accessKeyID: values["aws_access_key_id"] ?? "",
            secretAccessKey: values["aws_secret_access_key"] ?? "",
            sessionToken: values["aws_session_token"]
        )
    }

    /// An issuer whose `default` generator signs as that account.
    func issuer(
        audit: AuditPolicy = .off,
        credentials: AWSCredentials? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws -> TokenIssuer {
        let credentials = try credentials ?? self.credentials()
        var context = CredentialContext.system
        context.now = now
        let registration = AuthTokenGeneratorRegistry.Registration("default", keywords: AWSKeyword.common) {
            [context] in
            RDSGenerator(credentials: .static(credentials), context: context)
        }
        return TokenIssuer(generators: AuthTokenGeneratorRegistry([registration]), audit: audit, now: now)
    }

    /// It, as a proxy logs in to it.
    func upstream(user: String, _ more: String = "") throws -> Upstream {
        try Upstream.parse(conninfo(user: user) + " sslrootcert=\(facts.ca) \(more)")
    }
}

extension Upstream {
    /// Reads a connection string on a machine without settings.
    static func parse(_ text: String) throws -> Upstream {
        let keywords = Conninfo.ExtensionKeywords([Upstream.generatorKeyword] + AWSKeyword.common)
        return try Upstream(try Conninfo.parse(text, extensions: keywords), environment: ConninfoEnvironment())
    }
}
#endif
