import AuthTokens
import Foundation
import LoginDoctor
import TestSupport
import Testing

@Suite("Each wait ends", .timeLimit(.minutes(3)))
struct EndingTests {
    /// Something that does not answer, and the rung that waits for it.
    struct Wait: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let stage: @Sendable (_ hasBegun: Signal) async throws -> Fault.Staged
    }

    /// Tells a test that the wait has begun.
    final class Signal: Sendable {
        private let stream = AsyncStream.makeStream(of: Void.self)
        func send() { stream.continuation.yield() }
        func wait() async {
            for await _ in stream.stream { return }
        }
    }

    /// Stages a wait that no limit of a step ends before the test does.
    private static func stage(_ wait: Wait, _ signal: Signal) async throws -> Fault.Staged {
        var staged = try await wait.stage(signal)
        for limit in [\Examination.Limits.credentials, \.lookup, \.connection, \.tls, \.token] {
            staged.examination.limits[keyPath: limit] = .seconds(60)
        }
        return staged
    }

    static let waits = [
        Wait(testDescription: "dns") { signal in
            var examination = try Machine(["AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x"]).examination()
            examination.network.addresses = { _ in
                signal.send()
                sleep(60)
                return []
            }
            return .init("host=\(Stage.host) user=andrew", examination)
        },
        Wait(testDescription: "tcp") { signal in
            var examination = try Machine(["AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x"]).examination()
            examination.network.connect = { _, _, _ in
                signal.send()
                sleep(60)
                throw DoctorNetwork.Failure("late", isTimeout: true)
            }
            return .init("host=\(Stage.host) hostaddr=203.0.113.7 user=andrew", examination)
        },
        Wait(testDescription: "tls") { signal in
            let port = try LocalPort(.silent)
            let examination = try Machine(["AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x"]).examination()
            Task {
                _ = try await comesTrue { port.hasClient }
                signal.send()
            }
            return .init("host=\(Stage.host) hostaddr=127.0.0.1 port=\(port.number) user=u", examination, props: [port])
        },
        Wait(testDescription: "credentials") { signal in
            let machine = try Machine(["AWS_PROFILE": "blog", "PATH": "/usr/bin:/bin"])
            let mark = machine.home.path + "/begun"
            let config = "[profile blog]\ncredential_process = touch \(mark); sleep 60\n"
            try machine.home.write(config, to: ".aws/config")
            Task {
                _ = try await comesTrue { FileManager.default.fileExists(atPath: mark) }
                signal.send()
            }
            return .init("host=\(Stage.host) user=andrew", machine.examination(), props: [machine.home])
        },
        Wait(testDescription: "token") { signal in
            let server = try await Stage.server.facts
            let generators = AuthTokenGeneratorRegistry()
            try generators.add("slow", lifetime: .seconds(300)) { _ in
                signal.send()
                try await Task.sleep(for: .seconds(60))
                throw CancellationError()
            }
            let examination = Examination(issuer: TokenIssuer(generators: generators))
            let conninfo = "host=\(Stage.host) hostaddr=127.0.0.1 port=\(server.port) user=andrew "
            return .init(conninfo + "sslmode=require aws_rds_iam_auth_token_generator=slow", examination)
        },
    ]

    @Test("canceling ends the examination, whatever it waits for", arguments: waits)
    func canceling(_ wait: Wait) async throws {
        let signal = Signal()
        let staged = try await Self.stage(wait, signal)
        let task = Task { try await staged.examination.report(on: staged.conninfo) }
        await signal.wait()
        let start = ContinuousClock.now
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(ContinuousClock.now - start < .seconds(30))
        withExtendedLifetime(staged) {}
    }

    @Test("the limit of the whole ends a step that has a longer one", arguments: waits)
    func wholeLimit(_ wait: Wait) async throws {
        var staged = try await Self.stage(wait, Signal())
        staged.examination.limits.whole = .milliseconds(700)
        let start = ContinuousClock.now
        let report = try await staged.examination.report(on: staged.conninfo)
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(!report.ok)
        #expect(report.steps.contains { $0.mark == .failed })
        withExtendedLifetime(staged) {}
    }
}
