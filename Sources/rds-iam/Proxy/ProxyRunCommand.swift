#if Command && Proxy
import ArgumentParser
import AuthTokens
import LoginProxy
import Logging
import PGConninfo
import PGRDSIAM
import RDSIAMBasics
import RDSIAMSystem

/// `rds-iam proxy run`, or `rds-iam proxy` alone: serves until a signal ends it.
struct ProxyRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Serve until SIGTERM or SIGINT comes.",
        discussion: """
            The first SIGTERM or SIGINT begins the shutdown, and the second one ends it at once. SIGHUP does what SIGTERM \
            does. For example:

              rds-iam proxy service=blog --quiet

            Exit status: 130 after SIGINT; 143 after SIGTERM or SIGHUP, or 0 with --exit-zero-on-sigterm; 2 wrong usage; \
            1 anything else.
            """
    )

    @Argument(
        help: ArgumentHelp(
            """
            The servers, each as a connection string in one of libpq's forms: key=value pairs or a URI (default: \
            proxy.upstreams of the settings file).
            """,
            valueName: "CONNINFO"
        )
    )
    var conninfos: [String] = []

    @OptionGroup(title: "Clients") var listening: ProxyListenOptions

    @OptionGroup(title: "Operation") var operation: ProxyOperationOptions

    @OptionGroup var generators: GeneratorOptions

    @OptionGroup var audit: AuditOptions

    func run() async throws {
        try generators.apply()
        let settings = try audit.log.settings.load().file.proxy
        let (conninfos, options, operation) = try completed(by: settings)
        var listening = options
        let addresses = try listening.addresses(count: conninfos.count)
        try operation.check(given: self.operation.health, beside: addresses)
        listening.fillAccess(from: settings, for: addresses)
        let access = try listening.access(to: addresses)
        let upstreams = try conninfos.map(Self.upstream)
        let routes = zip(upstreams, addresses).map { access.route($0, $1) }
        let run = try ProxyRun(routes: routes, password: access.newPassword, operation: operation)
        defer { run.finishLog() }
        run.warn(listening.trustLocal)
        run.leave(with: try await audit.withIssuer { try await run.serve(issuer: $0) })
    }

    /// The servers and the options, with what the settings file says where the command line says nothing.
    ///
    /// The addresses of the file belong to its servers, so they do not count beside others.
    private func completed(
        by settings: ProxySettings
    ) throws -> (conninfos: [String], ProxyListenOptions, ProxyOperationOptions) {
        var (conninfos, listening, operation) = (conninfos, listening, operation)
        operation.fill(from: settings)
        guard conninfos.isEmpty else { return (conninfos, listening, operation) }
        conninfos = settings.upstreams
        guard !conninfos.isEmpty else {
            throw ValidationError("No server is named. Give a CONNINFO, or set proxy.upstreams in the settings file.")
        }
        if listening.listen.isEmpty { listening.listen = settings.listen }
        return (conninfos, listening, operation)
    }

    private static func upstream(_ text: String) throws -> Upstream {
        do {
            return try Upstream(.parse(text, dialect: .linked, extensions: .rdsIAM))
        } catch let error as ConninfoError {
            throw ValidationError(UnusableConninfo(error, in: text).description)
        } catch let error as ProxyError where error.code == .invalidUpstream {
            throw ValidationError(error.message)
        }
    }
}
#endif
