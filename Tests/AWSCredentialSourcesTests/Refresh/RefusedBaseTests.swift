import AWSCredentialSources
import Foundation
import RDSIAMBasics
import Synchronization
import Testing

/// Keys that AWS refuses while they are cached.
@Suite(.timeLimit(.minutes(2))) struct RefusedBaseTests {
    @Test(
        "a role is assumed with fetched keys if STS no longer knows the cached ones",
        arguments: ["InvalidClientTokenId", "ExpiredToken", "UnrecognizedClientException"]
    )
    func rotated(_ code: String) async throws {
        let clock = TestClock()
        let sts = RotatingSTS(code: code, clock: clock)
        let context = CredentialContext.test(http: sts, clock: clock)
        let program = ScriptedSource(.process, clock: clock, answer: .keys("OLD", lifetime: nil))
        let base = RefreshingCredentialSource(program, context: context)
        let client = STSClient(region: "eu-west-2", context: context)
        let arn = "arn:aws:iam::123456789012:role/reader"
        let role = RefreshingCredentialSource(
            AssumeRoleCredentialSource(AssumedRole(arn: arn), from: base, client: client),
            context: context
        )
        #expect(try await role.credentials(validFor: 900).accessKeyID == "ASIAOLD")
        sts.key = "NEW"
        program.answer(.keys("NEW", lifetime: nil))
        // Three days of logins.
        for _ in 0..<72 {
            clock.advance(3600)
            let found = try? await role.credentials(validFor: 900).accessKeyID
            #expect(found == "ASIANEW")
            if found == nil { break }
        }
        #expect(program.fetches == 2)
    }

    @Test("keys that stay refused are asked for once a call")
    func unknown() async throws {
        let clock = TestClock()
        let sts = RotatingSTS(code: "InvalidClientTokenId", clock: clock)
        sts.key = "NEW"
        let context = CredentialContext.test(http: sts, clock: clock)
        let program = ScriptedSource(.process, clock: clock, answer: .keys("OLD", lifetime: nil))
        let base = RefreshingCredentialSource(program, context: context)
        let client = STSClient(region: "eu-west-2", context: context)
        let role = AssumeRoleCredentialSource(
            AssumedRole(arn: "arn:aws:iam::123456789012:role/reader"),
            from: base,
            client: client
        )
        let error = await #expect(throws: AWSCredentialError.self) { try await role.credentials() }
        #expect(error?.serviceCode == "InvalidClientTokenId")
        #expect(program.fetches == 2)
        #expect(sts.calls == 1)
    }
}

/// An STS that knows one key.
private final class RotatingSTS: CredentialHTTPClient {
    private let state = Mutex((key: "OLD", calls: 0))
    let code: String
    let clock: TestClock

    init(code: String, clock: TestClock) {
        self.code = code
        self.clock = clock
    }

    var calls: Int { state.withLock { $0.calls } }
    var key: String {
        get { state.withLock { $0.key } }
        set { state.withLock { $0.key = newValue } }
    }

    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
        state.withLock { $0.calls += 1 }
        let field = request.headers.first { $0.name == "authorization" }?.value ?? ""
        guard field.contains("Credential=\(key)/") else {
            let body = "<ErrorResponse><Error><Code>\(code)</Code><Message>No.</Message></Error></ErrorResponse>"
            return CredentialHTTPResponse(status: 403, body: Array(body.utf8))
        }
        let end = (clock.now + 3600).ISO8601Format()
        let body = """
            <AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA\(key)</AccessKeyId>\
            <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
            <Expiration>\(end)</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>
            """
        return CredentialHTTPResponse(status: 200, body: Array(body.utf8))
    }
}
