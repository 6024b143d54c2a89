import AWSCredentialSources
import Foundation
import Synchronization

extension CredentialContext {
    /// An environment of one moment that holds nothing but what it is given.
    static func bare(
        _ environment: [String: String] = [:],
        files: ConfigFile? = nil,
        http: (any CredentialHTTPClient)? = nil,
        now: @escaping @Sendable () -> Date = { TestWorld.now }
    ) -> CredentialContext {
        var context = CredentialContext.system
        context.environment = environment.merging(["AWS_CONFIG_FILE": "/config"]) { own, _ in own }
        context.homeDirectory = nil
        context.files = files ?? ConfigFile("")
        context.http = http
        context.now = now
        return context
    }
}

/// A file system with one shared-configuration file.
final class ConfigFile: FileStore {
    private let text: Mutex<String>

    init(_ text: String = standard) { self.text = Mutex(text) }

    static let standard = """
        [default]
        aws_access_key_id = AKIAFILE
        aws_secret_access_key = topSecretFile
        [profile dev]
        aws_access_key_id = AKIADEV
        aws_secret_access_key = topSecretDev
        region = dd-dev-1
        """

    func rewrite(_ text: String) { self.text.withLock { $0 = text } }

    func contents(of path: String) async throws -> [UInt8]? {
        path == "/config" ? Array(text.withLock { $0 }.utf8) : nil
    }

    func replace(_ path: String, with contents: [UInt8]) async throws {
        throw FileStoreError(.operatingSystem, path: path, reason: "Read-only file system")
    }
}

/// STS, as far as assuming a role goes: each call is answered with other credentials.
final class STSDouble: CredentialHTTPClient {
    private let requests = Mutex<[CredentialHTTPRequest]>([])

    /// The access keys that calls were signed with.
    var signers: [String] {
        requests.withLock { $0 }.compactMap { request in
            request.headers.first { $0.name.lowercased() == "authorization" }?.value
                .split(separator: "=").dropFirst().first?.split(separator: "/").first.map(String.init)
        }
    }

    var bodies: [String] { requests.withLock { $0 }.map { String(decoding: $0.body, as: UTF8.self) } }

    var hosts: [String?] { requests.withLock { $0 }.map { URL(string: $0.url)?.host() } }

    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
        let count = requests.withLock { requests in
            requests.append(request)
            return requests.count
        }
        let body = """
            <AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE\(count)</AccessKeyId>\
            <SecretAccessKey>topSecretRole</SecretAccessKey><SessionToken>topSecretSession</SessionToken>\
            <Expiration>2026-01-01T01:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>
            """
        return CredentialHTTPResponse(status: 200, headers: [], body: Array(body.utf8))
    }
}
