import AWSCredentialSources
import Testing

/// What happens to a refreshing source, step by step.
///
/// The number drawn is one half unless the story says otherwise: a pause after a failure is 450 seconds.
struct RefreshStory: Sendable, CustomTestStringConvertible {
    enum Step: Sendable {
        /// From now on the source provides these keys, which live so many seconds.
        case gives(String, Double?)
        /// From now on the source fails.
        case fails(AWSCredentialError)
        case passes(Double)
        case invalidate(String)
        /// A caller gets these keys, and the source has been asked so many times in all.
        case gets(String, fetches: Int)
        case getsError(AWSCredentialError.Code, fetches: Int)
        /// A caller that signs for later use gets these keys.
        case signs(Double, String, fetches: Int)
        case signsError(Double, AWSCredentialError.Code, fetches: Int)
    }

    var name: String
    var kind = AWSCredentialSourceKind.container
    var policy = RefreshPolicy()
    var dice = 0.5
    var steps: [Step]

    var testDescription: String { name }

    static let outage = AWSCredentialError(.serviceUnavailable, "out of order")
    static let denied = AWSCredentialError(.refused, "denied", serviceCode: "AccessDenied")

    func play() async throws {
        let clock = TestClock()
        let source = ScriptedSource(kind, clock: clock)
        var context = CredentialContext.test(clock: clock)
        context.random = { [dice] in dice }
        let cache = RefreshingCredentialSource(source, policy: policy, context: context)
        for (index, step) in steps.enumerated() {
            switch step {
            case .gives(let id, let lifetime): source.answer(.keys(id, lifetime: lifetime))
            case .fails(let error): source.answer(.failure(error))
            case .passes(let seconds): clock.advance(seconds)
            case .invalidate(let id): cache.invalidate(accessKeyID: id)
            case .gets(let id, let fetches):
                #expect(try await cache.credentials().accessKeyID == id, "step \(index)")
                #expect(source.fetches == fetches, "step \(index)")
            case .getsError(let code, let fetches):
                let error = await #expect(throws: AWSCredentialError.self) { try await cache.credentials() }
                #expect(error?.code == code, "step \(index)")
                #expect(source.fetches == fetches, "step \(index)")
            case .signs(let lifetime, let id, let fetches):
                #expect(try await cache.credentials(validFor: lifetime).accessKeyID == id, "step \(index)")
                #expect(source.fetches == fetches, "step \(index)")
            case .signsError(let lifetime, let code, let fetches):
                let error = await #expect(throws: AWSCredentialError.self) {
                    try await cache.credentials(validFor: lifetime)
                }
                #expect(error?.code == code, "step \(index)")
                #expect(source.fetches == fetches, "step \(index)")
            }
        }
    }
}
