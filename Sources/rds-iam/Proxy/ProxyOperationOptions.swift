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
        exitZeroOnSigterm = exitZeroOnSigterm || settings.exitZeroOnSigterm ?? false
        healthCheck = healthCheck || settings.healthCheck ?? false
        health.fill(from: settings)
        structuredLogs = structuredLogs || settings.structuredLogs ?? false
        quiet = quiet || settings.quiet ?? false
    }

    /// Refuses what would have no effect or cannot be, once the settings file is read.
    ///
    /// - Parameters:
    ///   - given: What the command line says.
    ///   - addresses: Where clients connect.
    func check(given: ProxyHealthAddress, beside addresses: [LocalAddress]) throws {
        if let maxSigtermDelay, let minSigtermDelay, minSigtermDelay.duration > maxSigtermDelay.duration {
            throw ValidationError(
                """
                The proxy cannot let new clients in for longer than open sessions may go on: --min-sigterm-delay is more \
                than --max-sigterm-delay.
                """
            )
        }
        guard healthCheck else {
            guard given.httpAddress == nil, given.httpPort == nil else {
                throw ValidationError("--http-address and --http-port are for --health-check. Give it too.")
            }
            return
        }
        let place = try health.address().description
        guard !addresses.contains(where: { $0.port != 0 && $0.description.isBytewiseEqual(to: place) }) else {
            throw ValidationError("Health and clients cannot share \(place). Name another place with --http-address.")
        }
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

    /// What the proxy's log looks like.
    var logFormat: ProxyLogHandler.Format { structuredLogs ? .json : .text }

    /// The proxy's log, on standard error.
    var logger: Logger {
        let format = logFormat
        let level: Logger.Level = quiet ? .warning : .info
        return Logger(label: "rds-iam.proxy") { _ in ProxyLogHandler(format, level: level) }
    }
}

/// Where the proxy answers for its health.
struct ProxyHealthAddress: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Where health is answered: an address of the loopback interface, or the absolute path of a socket (default: \
            127.0.0.1).
            """,
            valueName: "ADDRESS"
        )
    )
    var httpAddress: String?

    @Option(help: ArgumentHelp("The port of the address (default: 9090).", valueName: "PORT"))
    var httpPort: UInt16?

    func validate() throws {
        guard httpPort == nil || httpAddress?.hasBytePrefix("/") != true else {
            throw ValidationError("--http-address names a socket, which has no --http-port. Leave one of them out.")
        }
    }

    /// Takes from the settings file what no option says.
    mutating func fill(from settings: ProxySettings) {
        httpAddress = httpAddress ?? settings.httpAddress
        httpPort = httpPort ?? settings.httpPort
    }

    /// - Throws: `ValidationError` if it is none of the loopback interface, and no path.
    func address() throws -> HealthServer.Address {
        let (httpAddress, httpPort) = (httpAddress ?? "127.0.0.1", httpPort ?? 9090)
        let isPath = httpAddress.hasBytePrefix("/")
        let isBare = httpAddress.utf8.contains(UInt8(ascii: ":")) && !httpAddress.hasBytePrefix("[")
        let text = isPath ? httpAddress : "\(isBare ? "[\(httpAddress)]" : httpAddress):\(httpPort)"
        do {
            return try HealthServer.Address(parsing: text)
        } catch let error as LocalListenerError {
            throw ValidationError(error.message)
        }
    }
}
#endif
