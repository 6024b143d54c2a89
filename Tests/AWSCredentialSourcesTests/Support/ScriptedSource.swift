import AWSCredentialSources
import Foundation
import Synchronization

/// A source that provides what the test last told it to, and counts.
final class ScriptedSource: AWSCredentialSource {
    /// What it does when asked.
    enum Answer: Sendable {
        case keys(String, lifetime: Double?)
        case failure(AWSCredentialError)
    }

    let kind: AWSCredentialSourceKind
    private let clock: TestClock
    private let state: Mutex<(answer: Answer, fetches: Int)>
    private let pause: @Sendable () async throws -> Void

    init(
        _ kind: AWSCredentialSourceKind,
        clock: TestClock,
        answer: Answer = .keys("A", lifetime: 3600),
        pause: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.kind = kind
        self.clock = clock
        self.state = Mutex((answer, 0))
        self.pause = pause
    }

    var fetches: Int { state.withLock { $0.fetches } }

    func answer(_ answer: Answer) { state.withLock { $0.answer = answer } }

    func credentials() async throws -> AWSCredentials {
        let answer = state.withLock { state in
            state.fetches += 1
            return state.answer
        }
        try await pause()
        switch answer {
        case .failure(let error): throw error
        case .keys(let id, let lifetime):
            return AWSCredentials(
                accessKeyID: id,
                secretAccessKey: "SECRET-of-\(id)",
                expiration: lifetime.map { clock.now + $0 },
                provenance: .init(source: kind)
            )
        }
    }
}
