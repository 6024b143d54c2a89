#if Observability

public import AuthTokens
public import Tracing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Leaves a span for each token that is made or refused, under the span of the task that asked for it.
public struct TracingTokenObserver: TokenObserver {
    private let tracer: any Tracer

    /// Creates an observer.
    ///
    /// - Parameter tracer: Where spans go; by default the process's own.
    public init(tracer: any Tracer = InstrumentationSystem.tracer) {
        self.tracer = tracer
    }

    /// Starts and ends a span in the past.
    public func observe(_ observation: TokenObservation) {
        guard observation.kind != .reused, observation.kind != .invalidated else { return }
        let end = Moment(seconds: observation.time.timeIntervalSince1970)
        let span = tracer.startSpan(
            "auth token",
            context: ServiceContext.current ?? .topLevel,
            ofKind: .client,
            at: end.earlier(by: observation.duration),
            function: #function,
            file: #fileID,
            line: #line
        )
        span.attributes["auth_token.kind"] = "\(observation.kind)"
        span.attributes["auth_token.generator"] = observation.generator
        span.attributes["server.address"] = observation.request.host
        span.attributes["server.port"] = observation.request.port
        if let code = observation.errorCode {
            span.attributes["error.type"] = code
            span.setStatus(SpanStatus(code: .error))
        }
        span.end(at: end)
    }
}

/// A moment as tracers count it.
private struct Moment: TracerInstant {
    let nanosecondsSinceEpoch: UInt64

    init(seconds: Double) { nanosecondsSinceEpoch = UInt64(max(0, seconds) * 1e9) }

    private init(nanoseconds: UInt64) { nanosecondsSinceEpoch = nanoseconds }

    func earlier(by duration: Duration) -> Moment {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = UInt64(max(0, seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
        return Moment(nanoseconds: nanosecondsSinceEpoch - min(nanoseconds, nanosecondsSinceEpoch))
    }

    static func < (left: Moment, right: Moment) -> Bool { left.nanosecondsSinceEpoch < right.nanosecondsSinceEpoch }
}

#endif
