#if Command && Proxy
import ArgumentParser
import LoginProxy
import Logging
import RDSIAMBasics
import RDSIAMSystem

/// How the proxy starts, serves and ends.
struct ProxyOperationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many clients may be connected (default: no limit).", valueName: "N"))
    var maxConnections: Int?

    @Option(
        help: ArgumentHelp("How many of them may be logging in at the same time (default: 100).", valueName: "N")
    )
    var maxLogins: Int?

    @Option(
        help: ArgumentHelp(
            "How long new clients are let in after SIGTERM, for load balancers that learn of it late (default: 0s).",
            valueName: "TIME"
        )
    )
    var minSigtermDelay: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "How long open sessions may go on after SIGTERM: seconds, or a number with ms, s, m or h (default: 0s).",
            valueName: "TIME"
        )
    )
    var maxSigtermDelay: TimeSpan?

    @Flag(help: "End with status 0 after SIGTERM.")
    var exitZeroOnSigterm = false

    @Flag(help: "Shut down when the process that started the proxy ends.")
    var exitWithParent = false

    @Option(
        help: ArgumentHelp(
            "A descriptor that gets the connection strings, a line each, and is closed when clients may connect.",
            valueName: "N"
        )
    )
    var readyFd: Int32?

    @Flag(help: "Answer /startup, /liveness, /readiness and /metrics over HTTP.")
    var healthCheck = false

    @OptionGroup var health: ProxyHealthAddress

    @Flag(help: "Write the log as JSON objects, one a line.")
    var structuredLogs = false

    @Flag(help: "Log warnings and errors only.")
    var quiet = false

    func validate() throws {
        if let maxConnections, maxConnections < 1 { throw ValidationError("--max-connections must be at least 1.") }
        if let maxLogins, maxLogins < 1 { throw ValidationError("--max-logins must be at least 1.") }
    }

    /// Takes from the settings file what no option says.
    mutating func fill(from settings: ProxySettings) {
        maxConnections = maxConnections ?? settings.maxConnections
        maxLogins = maxLogins ?? settings.maxLogins
        minSigtermDelay = minSigtermDelay ?? settings.minSigtermDelay
        maxSigtermDelay = maxSigtermDelay ?? settings.maxSigtermDelay
    }

    var limits: ProxyLimits {
        var limits = ProxyLimits()
        limits.connections = maxConnections
        limits.logins = maxLogins ?? limits.logins
        return limits
    }

    var drain: DrainDelays {
        DrainDelays(minimum: minSigtermDelay?.duration ?? .zero, maximum: maxSigtermDelay?.duration ?? .zero)
    }

    /// The proxy's log, on standard error.
    var logger: Logger {
        let format: ProxyLogHandler.Format = structuredLogs ? .json : .text
        let level: Logger.Level = quiet ? .warning : .info
        return Logger(label: "rds-iam.proxy") { _ in ProxyLogHandler(format, level: level) }
    }
}

/// Where the proxy answers for its health.
struct ProxyHealthAddress: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where health is answered: an address of the loopback interface, or the absolute path of a socket.",
            valueName: "ADDRESS"
        )
    )
    var httpAddress = "127.0.0.1"

    @Option(help: ArgumentHelp("The port of the address.", valueName: "PORT"))
    var httpPort: UInt16 = 9090

    func address() throws -> HealthServer.Address {
        if httpAddress.hasBytePrefix("/") { return try HealthServer.Address(parsing: httpAddress) }
        let isBare = httpAddress.utf8.contains(UInt8(ascii: ":")) && !httpAddress.hasBytePrefix("[")
        return try HealthServer.Address(parsing: "\(isBare ? "[\(httpAddress)]" : httpAddress):\(httpPort)")
    }
}
#endif
