#if AsyncHTTPClient

@testable import AWSCredentialSources
import Foundation
import Testing

/// STS as moto plays it: an implementation that is not ours.
@Suite(.timeLimit(.minutes(5))) struct MotoTests {
    /// One server for all tests.
    private static let server = Task { try await MotoServer.start() }

    private func context() async throws -> CredentialContext {
        var context = CredentialContext.system
        context.environment = [
            "AWS_REGION": "eu-west-2", "AWS_ENDPOINT_URL": try await Self.server.value.url,
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "SECRET",
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/web", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/web",
        ]
        context.homeDirectory = "/home/me"
        context.files = MemoryFileStore([
            "/web": "SECRET-token",
            "/home/me/.aws/config": """
            [profile role]
            role_arn = arn:aws:iam::123456789012:role/reader
            credential_source = Environment
            role_session_name = me
            duration_seconds = 900
            """,
        ])
        return context
    }

    @Test("AssumeRole, from a profile")
    func assumeRole() async throws {
        let context = try await context()
        let credentials = try await ProfileCredentialSource("role", context: context).credentials()
        #expect(credentials.accessKeyID.hasPrefix("ASIA"))
        #expect(credentials.accountID == "123456789012")
        #expect(credentials.provenance.roleARN == "arn:aws:iam::123456789012:role/reader")
        let life = try #require(credentials.remainingLifetime(at: Date()))
        #expect((840...960).contains(life))
        let identity = try await STSClient(context: context).callerIdentity(of: credentials)
        #expect(identity.arn == "arn:aws:sts::123456789012:assumed-role/reader/me")
        #expect(identity.account == "123456789012")
        #expect(identity.userID.hasSuffix(":me"))
    }

    @Test("AssumeRoleWithWebIdentity, from the environment, unsigned")
    func webIdentity() async throws {
        let credentials = try await WebIdentityCredentialSource(context: try await context()).credentials()
        #expect(credentials.accessKeyID.hasPrefix("ASIA"))
        #expect(credentials.sessionToken != nil)
        #expect(credentials.provenance.source == .webIdentity)
        #expect(try #require(credentials.remainingLifetime(at: Date())) > 3000)
    }

    @Test("GetCallerIdentity of long-term keys")
    func callerIdentity() async throws {
        let context = try await context()
        let credentials = try await EnvironmentCredentialSource(context: context).credentials()
        let identity = try await STSClient(context: context).callerIdentity(of: credentials)
        #expect(identity.account == "123456789012")
        #expect(identity.arn == "arn:aws:sts::123456789012:user/moto")
    }

    @Test("the whole chain ends at moto, cached and renewed")
    func chain() async throws {
        var context = try await context()
        context.environment["AWS_ACCESS_KEY_ID"] = nil
        context.environment["AWS_SECRET_ACCESS_KEY"] = nil
        let cache = RefreshingCredentialSource(AWSCredentialChain.default(context: context), context: context)
        let first = try await cache.credentials(validFor: 930)
        #expect(first.provenance.source == .webIdentity)
        #expect(try await cache.credentials() == first)
    }
}

/// moto's server on a free port.
struct MotoServer: Sendable {
    var url: String
    private var server: PythonServer

    /// moto prints no port, so the test finds a free one and asks until it answers.
    static func start() async throws -> MotoServer {
        for _ in 0..<3 {
            let port = try freePort()
            let server = try PythonServer(["moto_while_wanted.py", String(port)])
            let found = MotoServer(url: "http://127.0.0.1:\(port)", server: server)
            if await found.answers() { return found }
        }
        throw Silent()
    }

    struct Silent: Error, CustomStringConvertible {
        var description: String { "moto does not start: run bin/setup --tests, which installs moto[server]" }
    }

    private func answers() async -> Bool {
        let request = CredentialHTTPRequest(url: url + "/moto-api/")
        for _ in 0..<300 {
            if let response = try? await AsyncHTTPCredentialClient.tests.send(request), response.status == 200 {
                return true
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return false
    }

    private static func freePort() throws -> Int {
        #if canImport(Glibc)
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let file = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        defer { close(file) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let done = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(file, $0, length) == 0 && getsockname(file, $0, &length) == 0
            }
        }
        try #require(done)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

#endif
