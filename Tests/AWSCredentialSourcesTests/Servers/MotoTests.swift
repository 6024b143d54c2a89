#if AsyncHTTPClient

@testable import AWSCredentialSources
import Foundation
import TestSupport
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
        context.http = PatientHTTP()
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
    let url: String
    private let server: ServerProcess

    static func start() async throws -> MotoServer {
        let script = Repository.path("Fixtures/aws/moto_while_wanted.py")
        let server = try await ServerProcess.start(try Repository.oraclePython(), ["-B", script])
        let port = try JSONDecoder().decode(Int.self, from: server.facts)
        return MotoServer(url: "http://127.0.0.1:\(port)", server: server)
    }
}

#endif
