import RDSIAMBasics
import RDSIAMSystem
import Synchronization

/// When something was last tried and how it failed, so that a failing renewal is not repeated at each call.
final class AttemptMemory: Sendable {
    private struct Attempt: Sendable {
        var time: Date
        var failure: AWSCredentialError?
    }

    private let last = Mutex<[ByteText: Attempt]>([:])

    /// Whether it may be tried; if so it counts as tried now.
    func mayTry(_ key: ByteText, at now: Date, every pause: TimeInterval) -> Bool {
        last.withLock { last in
            if let time = last[key]?.time, now < time + pause, now >= time { return false }
            last[key] = Attempt(time: now)
            return true
        }
    }

    /// Forgets the last attempt, so that the next may be made at once.
    func forget(_ key: ByteText) {
        last.withLock { $0[key] = nil }
    }

    /// Remembers how the last attempt failed.
    func note(_ failure: AWSCredentialError, of key: ByteText) {
        last.withLock { $0[key]?.failure = failure }
    }

    /// How the last attempt failed; nil where it went well or was refused for good.
    func failure(of key: ByteText) -> AWSCredentialError? {
        last.withLock { $0[key]?.failure }
    }
}
