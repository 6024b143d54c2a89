#if Command
import Foundation
import PGRDSIAM
import TestSupport
import Testing

#if Observability
import Logging
import Synchronization
#endif

@Suite("The warning that the server's certificate is not checked", .timeLimit(.minutes(5)))
struct WarningTests {
    private func unchecked(_ server: RDSLookalike) -> String {
        server.conninfo(user: "andrew") + " aws_rds_iam_auth_token_generator=default"
    }

    @Test("reaches the closure if it is not checked, and only then")
    func closure() async throws {
        let server = try await SharedServer.value
        let warnings = Warnings()
        let options = ConnectOptions { warnings.add($0) }
        for conninfo in [unchecked(server), server.tokenConninfo(user: "andrew")] {
            _ = try await RDSIAM.connect(conninfo, issuer: server.issuer(), environment: .bare, options: options)
        }
        #expect(warnings.all.map(\.host) == [server.facts.host])
        #expect(warnings.all.first?.description.contains("sslmode=verify-full") == true)
    }

    @Test("is on standard error of the command")
    func command() async throws {
        let server = try await SharedServer.value
        let folder = try TemporaryFolder()
        let run = try await ChildProcess.run(
            try Repository.built("rds-iam"),
            ["connect", unchecked(server), "-c", "select 1", "--audit-log", folder.path("log.db")],
            environment: try Account(of: server).environment
        )
        #expect(run.output == "1\n")
        #expect(run.errors.hasPrefix("rds-iam: warning: The server's certificate is not checked"))
        #expect(run.errors.split(separator: "\n").count == 1)
    }

    #if Observability
    @Test("goes to a logger, with the host, once for each host however many options and connections there are")
    func logger() async throws {
        let server = try await SharedServer.value
        let lines = LogLines()
        for _ in 0..<3 {
            let options = ConnectOptions(logger: Logger(label: "test of warnings") { _ in lines })
            _ = try await RDSIAM.connect(
                unchecked(server),
                issuer: server.issuer(),
                environment: .bare,
                options: options
            )
        }
        let line = try #require(lines.all.first)
        #expect(lines.all.count == 1)
        #expect(line.level == .warning && line.host == server.facts.host)
    }

    @Test("goes to swift-log by default, once for each host")
    func standard() async throws {
        let server = try await SharedServer.value
        let strings = [unchecked(server), server.tokenConninfo(user: "stranger")]
        let run = try await ChildProcess.run(
            try Repository.built("connect-cycler"),
            strings + ["2"],
            environment: try Account(of: server).environment,
            timeLimit: .seconds(200)
        )
        #expect(run.status == 0)
        let lines = run.errors.split(separator: "\n").filter { $0.contains("certificate is not checked") }
        #expect(lines.count == 1 && lines.first?.contains("warning PGRDSIAM") == true, "\(run.errors)")
    }
    #endif
}

#if Observability
/// A log handler that records lines in memory.
private struct LogLines: LogHandler {
    struct Line {
        let level: Logger.Level
        let host: String?
    }

    private final class Storage: Sendable {
        let lines = Mutex<[Line]>([])
    }

    private let storage = Storage()
    var all: [Line] { storage.lines.withLock { $0 } }
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        storage.lines.withLock { $0.append(Line(level: event.level, host: event.metadata?["host"]?.description)) }
    }
}
#endif
#endif
