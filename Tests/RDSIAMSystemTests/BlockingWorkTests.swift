import RDSIAMBasics
import RDSIAMSystem
import Testing

@Suite("Blocking work", .timeLimit(.minutes(1)))
struct BlockingWorkTests {
    @Test("blocked threads do not hold tasks up")
    func manyThreads() async throws {
        let gate = Promise<Void>()
        let blocked = (0..<100).map { _ in
            Task {
                try await BlockingWork.run {
                    while gate.result == nil { usleep(1000) }
                }
            }
        }
        #expect(try await BlockingWork.run { 42 } == 42)
        gate.settle(.success(()))
        for task in blocked { try await task.value }
    }

    @Test("work that does not end in time is left behind")
    func late() async throws {
        struct Late: Error {}
        let gate = Promise<Void>()
        await #expect(throws: Late.self) {
            try await BlockingWork.run(within: .milliseconds(20), otherwise: Late()) {
                while gate.result == nil { usleep(1000) }
            }
        }
        gate.settle(.success(()))
        #expect(try await BlockingWork.run(within: .seconds(60), otherwise: Late()) { "done" } == "done")
    }
}
