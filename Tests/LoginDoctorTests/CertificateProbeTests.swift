import RDSIAMSystem
import Testing

@testable import LoginDoctor

@Suite("A look at a certificate", .timeLimit(.minutes(1)))
struct CertificateProbeTests {
    /// What came of a probe, and whether its thread has kept a SIGPIPE from the process.
    private struct Outcome: Sendable {
        let result: CertificateProbe.Result
        let hasBlockedSignal: Bool
    }

    @Test("a peer that says yes to TLS and takes no more does not end the process")
    func brokenPipe() async throws {
        var ends: [Int32] = [-1, -1]
        #if canImport(Darwin)
        let type = SOCK_STREAM
        #else
        let type = Int32(SOCK_STREAM.rawValue)
        #endif
        try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
        let (near, far) = (ends[0], ends[1])
        try BlockingWork.start {
            var request = [UInt8](repeating: 0, count: 8)
            _ = recv(far, &request, request.count, 0)
            // From here on, each write of the other end raises the signal.
            shutdown(far, Int32(SHUT_RD))
            _ = send(far, "S", 1, 0)
        }
        let outcome = try await BlockingWork.run {
            let result = CertificateProbe.ask(near, name: "db.example.com", roots: .none)
            var pending = sigset_t()
            sigpending(&pending)
            return Outcome(result: result, hasBlockedSignal: sigismember(&pending, SIGPIPE) == 1)
        }
        guard case .failed = outcome.result else {
            Issue.record("\(outcome.result)")
            return
        }
        #expect(outcome.hasBlockedSignal)
        for end in ends { close(end) }
    }
}
