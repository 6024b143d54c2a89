import AWSCredentialSources
import Foundation
import Testing

/// A machine that is no EC2 instance.
@Suite(.timeLimit(.minutes(2))) struct GivingUpTests {
    @Test("the whole chain waits less than three seconds for an address that does not answer")
    func wholeChain() async throws {
        let clock = TestClock()
        let start = clock.now
        let context = CredentialContext.test(http: BlackHole(clock: clock), clock: clock)
        let error = await #expect(throws: AWSCredentialError.self) {
            try await AWSCredentialChain.default(context: context).credentials()
        }
        #expect(error?.code == .notConfigured)
        #expect(clock.now.timeIntervalSince(start) < 3)
        #expect(error?.trail.last.map { $0.elapsed < .seconds(3) } == true)
    }
}

/// A network that drops everything: each attempt takes as long as it may.
private struct BlackHole: CredentialHTTPClient {
    var clock: TestClock

    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
        clock.advance(min(request.connectTimeout, request.timeout) / .seconds(1))
        throw CredentialHTTPError(.connectTimeout)
    }
}
