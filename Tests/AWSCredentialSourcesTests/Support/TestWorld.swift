import AWSCredentialSources
import Foundation
import Synchronization

/// A clock that moves only when code sleeps or a test advances it.
final class TestClock: Sendable {
    private let time: Mutex<Date>
    private let naps = Mutex<[Double]>([])

    init(_ start: String = "2026-01-02T03:04:05Z") {
        time = Mutex((try? Date(start, strategy: .iso8601)) ?? .distantPast)
    }

    var now: Date { time.withLock { $0 } }
    var sleeps: [Double] { naps.withLock { $0 } }

    func advance(_ seconds: Double) { time.withLock { $0 += seconds } }

    func sleep(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        naps.withLock { $0.append(seconds) }
        advance(seconds)
    }
}

/// Child processes that end as written.
struct ScriptedProcesses: ProcessRunner {
    var children: [String: Scenario.Child]

    func run(_ request: ProcessRequest) async throws -> ProcessResult {
        guard let child = children[request.command], request.limit <= .seconds(60) else {
            throw ProcessRunnerError(.cannotStart)
        }
        switch child.fault {
        case "timeout": throw ProcessRunnerError(.timedOut)
        case "cannot start": throw ProcessRunnerError(.cannotStart)
        case "too much output": throw ProcessRunnerError(.tooMuchOutput)
        default: return ProcessResult(exitStatus: child.status, output: Array(child.output.utf8))
        }
    }
}

/// A table of hosts.
struct HostTable: HostResolver {
    var hosts: [String: [String]?]

    struct OutOfOrder: Error {}

    func addresses(of host: String) async throws -> [String] {
        guard let addresses = hosts[host] ?? [] else { throw OutOfOrder() }
        return addresses
    }
}

extension CredentialContext {
    /// A context that is all in memory and always draws one half.
    static func test(
        _ environment: [String: String] = [:],
        files: any FileStore = MemoryFileStore(),
        http: (any CredentialHTTPClient)? = nil,
        clock: TestClock = TestClock(),
        home: String? = "/home/me"
    ) -> CredentialContext {
        CredentialContext(
            environment: environment,
            homeDirectory: home,
            files: files,
            http: http,
            processes: ScriptedProcesses(children: [:]),
            resolver: HostTable(hosts: [:]),
            now: { clock.now },
            uptime: { .seconds(clock.now.timeIntervalSince1970) },
            random: { 0.5 },
            sleep: { clock.sleep($0) }
        )
    }
}
