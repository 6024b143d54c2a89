#if Proxy
import AuthTokens
import Foundation
import Logging
import LoginProxy
import PGConninfo
import ServiceLifecycle
import Synchronization
import TestSupport

/// A proxy that runs in this process.
final class RunningProxy: Sendable {
    let bound: [ProxyRoute.Bound]
    let status: ProxyStatus
    let log: LogLines
    private let task: Task<Void, any Error>
    private let folder: TemporaryFolder

    private init(
        _ bound: [ProxyRoute.Bound],
        _ status: ProxyStatus,
        _ log: LogLines,
        _ task: Task<Void, any Error>,
        _ folder: TemporaryFolder
    ) {
        (self.bound, self.status, self.log, self.task, self.folder) = (bound, status, log, task, folder)
    }

    /// Starts one in front of `upstreams`, each on a Unix-domain socket of its own unless `isTCP`.
    static func start(
        _ upstreams: [Upstream],
        issuer: TokenIssuer,
        isTCP: Bool = false,
        tls: LocalTLS? = nil,
        _ configure: (inout ProxyConfiguration) -> Void = { _ in }
    ) async throws -> RunningProxy {
        let folder = try TemporaryFolder()
        var configuration = ProxyConfiguration(
            routes: upstreams.enumerated().map { index, upstream in
                let address: LocalAddress =
                    isTCP
                    ? .tcp(host: "127.0.0.1", port: 0) : .unixSocket(directory: folder.url.path, port: 5432 + index)
                return ProxyRoute(upstream: upstream, address: address, tls: tls)
            }
        )
        configure(&configuration)
        let log = LogLines()
        let (ready, continuation) = AsyncStream.makeStream(of: [ProxyRoute.Bound].self)
        let service = ProxyService(
            configuration: configuration,
            issuer: issuer,
            logger: Logger(label: "proxy") { _ in log },
            onReady: { continuation.yield($0) }
        )
        let task = Task {
            defer { continuation.finish() }
            try await service.run()
        }
        for await bound in ready { return RunningProxy(bound, service.status, log, task, folder) }
        try await task.value
        throw Missing(description: "The proxy has ended before it was ready.")
    }

    /// Ends it, with everything that is open.
    func stop() async throws {
        task.cancel()
        try await task.value
    }

    /// Waits until it has ended by itself.
    func finished() async throws { try await task.finished() }

    deinit { task.cancel() }

    /// The variables of a libpq client.
    func environment(user: String, database: String = "postgres") -> [String: String] {
        let (host, port) =
            switch bound[0].address {
            case .unixSocket(let directory, let port): (directory, port)
            case .tcp(let host, let port): (host, port)
            }
        return [
            "PGHOST": host, "PGPORT": String(port), "PGUSER": user, "PGDATABASE": database, "HOME": folder.url.path,
            "PGCONNECT_TIMEOUT": "30",
        ]
    }
}

/// Records everything that is logged.
struct LogLines: LogHandler {
    private final class Storage: Sendable {
        let lines = Mutex<[String]>([])
    }

    private let storage = Storage()
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace

    var all: [String] { storage.lines.withLock { $0 } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let text = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        storage.lines.withLock { $0.append("\(event.level) \(event.message) \(text)") }
    }
}
#endif
