import RDSIAMBasics
import Testing

@testable import RDSIAMSystem

@Suite("Errors of the toolbox", .timeLimit(.minutes(1)))
struct ToolboxErrorTests {
    static let errors: [any RetryableError] = [
        ChildProcess.SystemFailure(function: "posix_spawn", number: ENOENT), ChildProcess.RunFailure.timedOut,
        ChildProcess.RunFailure.tooMuchOutput, BlockingWork.NoThread(number: EAGAIN),
        HostLookup.Failure(reason: "no answer", isTemporary: true),
    ]

    @Test("messages are sentences", arguments: errors)
    func sentences(error: any RetryableError) {
        let text = "\(error)"
        #expect(text.first?.isUppercase == true)
        #expect(text.last == ".")
    }

    @Test("what a shortage prevents may be retried")
    func retryable() {
        #expect(ChildProcess.SystemFailure(function: "posix_spawn", number: EAGAIN).isRetryable)
        #expect(ChildProcess.SystemFailure(function: "pipe", number: EMFILE).isRetryable)
        #expect(!ChildProcess.SystemFailure(function: "posix_spawn", number: EACCES).isRetryable)
        #expect(BlockingWork.NoThread(number: EAGAIN).isRetryable)
        #expect(ChildProcess.RunFailure.timedOut.isRetryable)
        #expect(!ChildProcess.RunFailure.tooMuchOutput.isRetryable)
        #expect(!HostLookup.Failure(reason: "it has no address", isTemporary: false).isRetryable)
    }
}
