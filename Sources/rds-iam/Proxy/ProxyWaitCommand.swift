#if Command && Proxy
import ArgumentParser
import LoginProxy
import RDSIAMSystem

/// `rds-iam proxy wait`: returns when a proxy is up.
struct ProxyWaitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until a proxy with --health-check is up.",
        discussion: """
            With --timeout 0 it asks once, as a probe of Kubernetes does:

              rds-iam proxy wait --for readiness --timeout 0

            Exit status: 0 it is up, 2 wrong usage, 1 anything else.
            """
    )

    /// What to wait for.
    enum Check: String, ExpressibleByArgument, CaseIterable {
        case startup, liveness, readiness
    }

    @Option(name: .customLong("for"), help: "What to wait for.")
    var check = Check.startup

    @Option(help: ArgumentHelp("How long to wait.", valueName: "TIME"))
    var timeout = TimeSpan(.seconds(30))

    @OptionGroup var health: ProxyHealthAddress

    func run() async throws {
        let client = HealthClient(address: try health.address())
        let end = ContinuousClock.now + timeout.duration
        while true {
            let answer = await client.get("/\(check.rawValue)")
            if answer.status == 200 { return }
            guard ContinuousClock.now < end else {
                throw NotUp(check: check, address: client.address, reason: answer.reason)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private struct NotUp: Error, CustomStringConvertible {
        let check: Check
        let address: HealthServer.Address
        let reason: String

        var description: String { "No proxy at \(address) answers that \(check.rawValue) is good: \(reason)" }
    }
}
#endif
