import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import Synchronization
import Testing

/// Each test is a process of its own, as a process has one issuer.
@Suite("The issuer of a process", .timeLimit(.minutes(2)))
struct BootstrapTests {
    private final class Recorder: TokenAuditRecorder {
        private let recorded = Mutex<[TokenEvent.Activity]>([])
        var activities: [TokenEvent.Activity] { recorded.withLock { $0 } }
        func record(_ event: TokenEvent) async throws { recorded.withLock { $0.append(event.activity) } }
    }

    private static let conninfo = "host=h.example.com user=u aws_rds_iam_auth_token_generator=bootstrap"

    private static func register() throws {
        try RDSIAM.generators.add("bootstrap") { ClosureTokenGenerator(lifetime: .seconds(900)) { _ in "password" } }
    }

    @Test("records what it makes for every call once it has been set at start-up, whatever is registered afterwards")
    func recorded() async {
        await #expect(processExitsWith: .success) {
            let recorder = Recorder()
            RDSIAM.bootstrap(audit: .required(recorder))
            try BootstrapTests.register()
            _ = try await RDSIAM.token(for: BootstrapTests.conninfo)
            #expect(recorder.activities == [.issue])
            // The same issuer: its cache has the token.
            _ = try await RDSIAM.psqlEnvironment(for: BootstrapTests.conninfo)
            #expect(recorder.activities == [.issue])
            await #expect(throws: RDSIAMError.self) {
                try await RDSIAM.connect(
                    BootstrapTests.conninfo,
                    overriding: ["hostaddr": "127.0.0.1", "port": "1", "sslrootcert": ""]
                )
            }
            #expect(recorder.activities == [.issue, .issue, .connectionFailed])
        }
    }

    @Test("records nothing if it is not set")
    func unset() async {
        await #expect(processExitsWith: .success) {
            try BootstrapTests.register()
            let issued = try await RDSIAM.token(for: BootstrapTests.conninfo)
            #expect(issued?.token.value == "password")
        }
    }

    @Test("cannot be set twice")
    func twice() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            RDSIAM.bootstrap(audit: .off)
            RDSIAM.bootstrap(audit: .off)
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("RDSIAM.bootstrap was called before."))
    }

    @Test("cannot be set after it has been used")
    func late() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = RDSIAM.issuer
            RDSIAM.bootstrap(audit: .off)
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("RDSIAM.bootstrap was called after RDSIAM.issuer was used."))
    }
}
