#if Command && Proxy
import AuthTokens
import LoginProxy
import Logging
import NIOPosix
import RDSIAMBasics
import RDSIAMSystem
import ServiceLifecycle
import Synchronization
import UnixSignals

/// One run of the proxy, from the first listener to the exit status.
struct ProxyRun {
    private let routes: [ProxyRoute]
    private let password: String?
    private let operation: ProxyOperationOptions
    private let logger: Logger
    private let readyDescriptor: ReadyDescriptor?
    private let manager = ServiceManager(environment: ProcessInfo.processInfo.environment)
    private let end = ProxyEnd()
    /// The parent before clients may connect: one that learns of that may end at once.
    private let parent = ParentProcess()

    /// - Parameter password: A password that was made for this run, to print once.
    init(routes: [ProxyRoute], password: String?, operation: ProxyOperationOptions) throws {
        self.routes = routes
        self.password = password
        self.operation = operation
        logger = operation.logger
        readyDescriptor = try operation.readyFd.map { number in
            guard let descriptor = ReadyDescriptor(number) else { throw UnusableDescriptor(number: number) }
            return descriptor
        }
    }

    func warn(_ trustsLocal: Bool) {
        guard trustsLocal else { return }
        logger.warning("every process of this machine can log in through the proxy's ports")
    }

    /// Serves until a signal or the parent's end.
    ///
    /// - Returns: The exit status.
    func serve(issuer: TokenIssuer) async throws -> Int32 {
        DescriptorLimit.raise()
        let metrics = ProxyMetrics()
        var configuration = ProxyConfiguration(routes: routes)
        configuration.limits = operation.limits
        configuration.drain = operation.drain
        let proxy = ProxyService(
            configuration: configuration,
            issuer: issuer,
            metrics: metrics,
            logger: logger,
            onReady: announce
        )
        let health = try await startHealth(proxy.status, metrics)
        // Under nohup a terminal's end stays ignored.
        let hangup: [UnixSignal] = OriginalSignals.isIgnored(SIGHUP) ? [] : [.sighup]
        let signals = await UnixSignalsSequence(trapping: [.sigterm, .sigint] + hangup)
        let services = group(proxy, issuer)
        let running = Task { try await services.run() }
        let watches = [Task { await watch(signals, running) }, Task { await watchParent() }]
        defer { watches.forEach { $0.cancel() } }
        let outcome = await running.result
        await health?.close()
        if !running.isCancelled { try outcome.get() }
        return status
    }

    private var status: Int32 { end.status(exitZeroOnSigterm: operation.exitZeroOnSigterm) }

    /// Ends the process, once the audit log is closed.
    func leave(with status: Int32) -> Never {
        finishLog()
        fflush(nil)
        exit(status)
    }

    /// Waits a moment for the last lines of the log.
    func finishLog() { ProxyLogHandler.writer(operation.logFormat).finish() }

    private func group(_ proxy: ProxyService, _ issuer: TokenIssuer) -> ServiceGroup {
        ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: proxy, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: TokenRenewal(issuer: issuer), successTerminationBehavior: .ignore),
                    .init(service: end, successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                logger: Logger(label: "rds-iam.services") { _ in SwiftLogNoOpLogHandler() }
            )
        )
    }

    private func startHealth(_ status: ProxyStatus, _ metrics: ProxyMetrics) async throws -> HealthServer? {
        guard operation.healthCheck else { return nil }
        let server = try await HealthServer.start(
            operation.health.address(),
            status: status,
            metrics: metrics,
            on: MultiThreadedEventLoopGroup.singleton
        )
        logger.info("answering for health", metadata: ["address": "\(server.address)"])
        return server
    }

    /// Says, once, how clients connect.
    @Sendable
    private func announce(_ bound: [ProxyRoute.Bound]) {
        let lines = bound.map { bound in
            let isPort = bound.address.socketPath == nil
            return bound.connectionString + (isPort ? password.map { " password=\($0)" } ?? "" : "")
        }
        for bound in bound {
            logger.info(
                "listening",
                metadata: ["address": "\(bound.address)", "upstream": "\(bound.route.upstream.name)"]
            )
        }
        lines.forEach { print($0) }
        fflush(nil)
        readyDescriptor?.finish(lines)
        manager?.ready("Listening on " + bound.map(\.address.description).joined(separator: ", "))
    }

    /// Begins the shutdown at the first signal, and closes all at once at the second; a third one waits for nothing.
    private func watch(_ signals: UnixSignalsSequence, _ running: Task<Void, any Error>) async {
        for await signal in signals {
            if running.isCancelled { exit(status) }
            guard end.begin(signal == .sigint ? .interrupt : .terminate) else {
                running.cancel()
                continue
            }
            logger.notice("ending", metadata: ["signal": "\(signal)"])
            announceEnd()
        }
    }

    private func watchParent() async {
        guard operation.exitWithParent, (try? await parent.end()) != nil else { return }
        guard end.begin(.parent) else { return }
        logger.notice("ending, as the process that started the proxy has ended")
        announceEnd()
    }

    private func announceEnd() {
        let drain = operation.drain
        manager?.stopping("Draining", within: max(drain.minimum, drain.maximum) + .seconds(10))
    }
}

/// What ends the proxy, as a service of its group: when it is over, the others shut down.
private final class ProxyEnd: Service {
    enum Cause { case interrupt, terminate, parent }

    private let cause = Mutex<Cause?>(nil)
    private let (stream, continuation) = AsyncStream.makeStream(of: Void.self)

    /// Begins the shutdown, and returns `false` if it had begun before.
    func begin(_ cause: Cause) -> Bool {
        let isFirst = self.cause.withLock { current in
            defer { current = current ?? cause }
            return current == nil
        }
        continuation.finish()
        return isFirst
    }

    func run() async {
        for await _ in stream.cancelOnGracefulShutdown() {}
    }

    func status(exitZeroOnSigterm: Bool) -> Int32 {
        switch cause.withLock({ $0 }) {
        case .interrupt: 128 + SIGINT
        case .terminate: exitZeroOnSigterm ? 0 : 128 + SIGTERM
        case .parent, nil: 0
        }
    }
}

/// Renews tokens ahead of their expiry, so that no client waits for one.
private struct TokenRenewal: Service {
    let issuer: TokenIssuer

    func run() async { await cancelWhenGracefulShutdown { await issuer.run() } }
}

/// `--ready-fd` names a descriptor that cannot be written to.
private struct UnusableDescriptor: Error, CustomStringConvertible {
    let number: Int32

    var description: String {
        let fault =
            (0...STDERR_FILENO).contains(number)
            ? "names a standard stream, which has another use" : "is not open for writing"
        return "The descriptor of --ready-fd \(number) \(fault). Open one above 2, such as with --ready-fd 3 3>FILE."
    }
}

/// The operating system's limit of open descriptors; a session takes two.
private enum DescriptorLimit {
    /// Raises the limit as far as this process may.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        #if canImport(Darwin)
        limit.rlim_cur = min(limit.rlim_cur, rlim_t(OPEN_MAX))
        #endif
        setrlimit(resource, &limit)
    }

    #if canImport(Darwin) || canImport(Musl)
    private static let resource = RLIMIT_NOFILE
    #else
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #endif
}
#endif
