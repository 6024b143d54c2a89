import AWSGenerators
import AuthTokens
import Foundation
import Logging
import LoginProxy
import PGConninfo
import ServiceLifecycle
import TokenAuditLog
import UnixSignals

/// Serves the look-alike through a proxy on a Unix-domain socket, until it is interrupted.
///
/// `proxy_peers.py` measures it beside others.
@main
enum ProxyBench {
    static func main() async throws {
        guard let directory = CommandLine.arguments.dropFirst().first else {
            fatalError("usage: proxy-bench DIRECTORY [AUDIT-LOG], in Benchmarks/with-lookalike")
        }
        let generators = AuthTokenGeneratorRegistry(.aws)
        var log: AuditLog?
        if let path = CommandLine.arguments.dropFirst(2).first { log = try await AuditLog.open(path) }
        let issuer = TokenIssuer(generators: generators, audit: log.map { .required($0) } ?? .off)
        let route = ProxyRoute(
            upstream: try Upstream(try conninfo(generators)),
            address: .unixSocket(directory: directory, port: 5432)
        )
        var logger = Logger(label: "proxy-bench")
        logger.logLevel = .error
        let proxy = ProxyService(configuration: ProxyConfiguration(routes: [route]), issuer: issuer, logger: logger)
        try await ServiceGroup(services: [proxy], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
        await log?.close()
    }

    private static func conninfo(_ generators: AuthTokenGeneratorRegistry) throws -> Conninfo {
        let environment = ProcessInfo.processInfo.environment
        func value(_ name: String) -> String { environment["RDS_LOOKALIKE_\(name)"] ?? "" }
        let text =
            "host=\(value("HOST")) hostaddr=\(value("HOSTADDR")) port=\(value("PORT")) user=bench dbname=postgres "
            + "sslrootcert=\(value("CA")) aws_rds_iam_auth_token_generator=default"
        return try Conninfo.parse(text, extensions: .init(["aws_rds_iam_auth_token_generator"] + generators.keywords))
    }
}
