#if Observability

import AuthTokens
import AuthTokensObservability
import AuthTokensTesting
import Foundation
import InMemoryTracing
import Logging
import MetricsTestKit
import Synchronization
import Testing
import Tracing

@Suite("Observers", .timeLimit(.minutes(2)))
struct ObserverTests {
    private struct Refused: AuditableError { let auditCode = "Refused" }

    /// Lets an issuer make a token, whose login succeeds, return it from the cache, whose login fails, drop it, and
    /// fail.
    private func perform(for observer: any TokenObserver) async throws {
        let clock = ManualClock()
        let generators = AuthTokenGeneratorRegistry(defaults: [
            (
                "good",
                {
                    ClosureTokenGenerator { _ in
                        clock.advance(by: .milliseconds(250))
                        let end = clock.now + 900
                        return AuthToken(value: "top secret", kind: .signed, signedAt: clock.now, expiresAt: end)
                    }
                }
            ),
            ("bad", { ClosureTokenGenerator { _ in throw Refused() } }),
        ])
        let issuer = TokenIssuer(generators: generators, observers: [observer], clock: clock.tokenClock)
        let request = AuthTokenRequest(host: "db.example.com", user: "app")
        try await issuer.recordOutcome(of: try await issuer.token(from: "good", for: request))
        let cached = try await issuer.token(from: "good", for: request)
        try await issuer.recordOutcome(of: cached, error: Refused())
        issuer.invalidate(cached)
        await #expect(throws: Refused.self) { try await issuer.token(from: "bad", for: request) }
    }

    @Test("a log gets constant messages with metadata, and no token")
    func logging() async throws {
        let sink = LogSink()
        var logger = Logger(label: "tokens") { _ in sink }
        logger.logLevel = .trace
        try await perform(for: LoggingTokenObserver(logger: logger))
        let lines = sink.lines.withLock { $0 }
        #expect(
            lines.map(\.message) == [
                "Token issued", "Token accepted", "Token reused", "Token rejected", "Token invalidated",
                "Token refused",
            ]
        )
        #expect(lines.map(\.level) == [.debug, .debug, .trace, .warning, .debug, .warning])
        #expect(lines[0].metadata["host"] == "db.example.com")
        #expect(lines[0].metadata["fingerprint"]?.description.count == 64)
        #expect([lines[3], lines[5]].allSatisfy { $0.metadata["error"] == "Refused" })
        #expect(!"\(lines)".contains("top secret"))
    }

    @Test("metrics count kinds by generator and time the calls")
    func metrics() async throws {
        let metrics = TestMetrics()
        try await perform(for: MetricsTokenObserver(factory: metrics))
        let kinds = [
            ("issued", "good"), ("accepted", "good"), ("reused", "good"), ("rejected", "good"), ("invalidated", "good"),
            ("refused", "bad"),
        ]
        for (kind, generator) in kinds {
            let counter = try metrics.expectCounter("auth_tokens", [("kind", kind), ("generator", generator)])
            #expect(counter.totalValue == 1)
        }
        let timer = try metrics.expectTimer("auth_token_duration", [("kind", "issued"), ("generator", "good")])
        #expect(timer.values == [250_000_000])
    }

    @Test("traces get a span for each token made or refused")
    func tracing() async throws {
        let tracer = InMemoryTracer()
        try await perform(for: TracingTokenObserver(tracer: tracer))
        let spans = tracer.finishedSpans
        #expect(
            spans.map { $0.attributes.get("auth_token.kind") } == [SpanAttribute.string("issued"), .string("refused")]
        )
        #expect(spans[0].endInstant.nanosecondsSinceEpoch - spans[0].startInstant.nanosecondsSinceEpoch == 250_000_000)
        #expect(spans[1].attributes.get("error.type") == SpanAttribute.string("Refused"))
        #expect(spans[1].status?.code == .error)
        #expect(!"\(spans)".contains("top secret"))
    }

    @Test(
        "take a clock that is wrong",
        arguments: [1e19, -1e19, Double.infinity, -.infinity, .nan],
        [Duration.seconds(1e19), .seconds(-1e19), .seconds(1.6e20), .seconds(400 * 365 * 86_400)]
    )
    func wrongClock(seconds: Double, uptime: Duration) async throws {
        let sink = LogSink()
        let (metrics, tracer) = (TestMetrics(), InMemoryTracer())
        let observers: [any TokenObserver] = [
            LoggingTokenObserver(logger: Logger(label: "tokens") { _ in sink }),
            MetricsTokenObserver(factory: metrics), TracingTokenObserver(tracer: tracer),
        ]
        for observer in observers {
            let state = Mutex(Duration.zero)
            let clock = TokenClock(now: { Date(timeIntervalSince1970: seconds) }, uptime: { state.withLock { $0 } })
            let build: AuthTokenGeneratorRegistry.Build = {
                ClosureTokenGenerator { _ in
                    state.withLock { $0 = uptime }
                    return AuthToken(value: "t", signedAt: Date(), expiresAt: Date() + 900)
                }
            }
            let generators = AuthTokenGeneratorRegistry(defaults: [("g", build)])
            let issuer = TokenIssuer(generators: generators, observers: [observer], clock: clock)
            await #expect(throws: TokenIssuerError.self) {
                try await issuer.token(from: "g", for: AuthTokenRequest(host: "h", user: "u"))
            }
        }
        #expect(sink.lines.withLock { $0 }.map(\.message) == ["Token refused"])
        let dimensions = [("kind", "refused"), ("generator", "g")]
        #expect(try metrics.expectCounter("auth_tokens", dimensions).totalValue == 1)
        #expect(tracer.finishedSpans.count == 1)
    }
}

/// Stores what is logged.
private final class LogSink: LogHandler {
    struct Line: Sendable {
        let level: Logger.Level
        let message: String
        let metadata: Logger.Metadata
    }

    let lines = Mutex<[Line]>([])

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let line = Line(level: event.level, message: "\(event.message)", metadata: event.metadata ?? [:])
        lines.withLock { $0.append(line) }
    }
}

#endif
