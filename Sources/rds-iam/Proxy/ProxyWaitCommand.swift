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
            With --timeout 0 it asks once, for a second at most, as a probe of Kubernetes does:

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

    @OptionGroup var settings: SettingsOption

    func run() async throws {
        var health = health
        try health.fill(from: settings.load().file.proxy)
        let client = HealthClient(address: try health.address())
        let end = ContinuousClock.now + timeout.duration
        while true {
            // With no time at all, one question still takes some.
            let rest = timeout.duration == .zero ? .seconds(1) : max(end - .now, .milliseconds(10))
            let answer = await client.get("/\(check.rawValue)", within: min(rest, .seconds(5)))
            if answer.isGood { return }
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
