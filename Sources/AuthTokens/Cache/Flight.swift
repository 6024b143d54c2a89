import RDSIAMBasics
import Synchronization

/// A token that has just been made.
struct MadeToken: Sendable {
    let issue: Issue
    /// Whose it is, or `nil` if that changed while it was made.
    let identity: SigningIdentity?
}

/// One call of a generator, and the callers that wait for its end.
///
/// A caller that is canceled leaves the call to the others.
final class Flight: Sendable {
    typealias Outcome = Result<MadeToken, any Error>

    /// Whose token it makes, or `nil` if the first caller did not know.
    let identity: SigningIdentity?
    private let promise = Promise<MadeToken>()
    private let work = Mutex<Task<Void, Never>?>(nil)
    private let isClaimed = Atomic(false)

    init(identity: SigningIdentity?) {
        self.identity = identity
    }

    /// Returns whether the caller is the one to end the call: the work or its timeout, whichever comes first.
    func claim() -> Bool {
        !isClaimed.exchange(true, ordering: .acquiringAndReleasing)
    }

    /// Waits for the end.
    ///
    /// - Throws: What the call throws; `CancellationError` if the waiting task is canceled.
    func value() async throws -> MadeToken {
        try await promise.value()
    }

    /// Stores the task that does the work, which ``settle(_:)`` cancels if it still runs.
    func attach(_ task: Task<Void, Never>) {
        work.withLock { $0 = task }
        if promise.result != nil { task.cancel() }
    }

    /// Ends the call for all who wait, once, after ``claim()``.
    func settle(_ outcome: Outcome) {
        promise.settle(outcome)
        work.withLock { $0 }?.cancel()
    }
}
