#if Observability

public import AuthTokens
import RDSIAMSystem
public import Tracing

/// Records a span for each token that is made or refused, as a child of the span of the task that asked for it.
public struct TracingTokenObserver: TokenObserver {
    private let tracer: any Tracer

    /// Creates an observer.
    ///
    /// - Parameter tracer: Records the spans; by default that of the process.
    public init(tracer: any Tracer = InstrumentationSystem.tracer) {
        self.tracer = tracer
    }

    /// Records a span that has ended already.
    public func observe(_ observation: TokenObservation) {
        guard [.issued, .refused, .refreshed].contains(observation.kind) else { return }
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

/// A moment in the form that tracers take: nanoseconds since 1970, within what 64 bits hold.
private struct Moment: TracerInstant {
    let nanosecondsSinceEpoch: UInt64

    init(seconds: Double) {
        // The conversion traps on a number that does not fit, and on infinity.
        let nanoseconds = seconds * 1e9
        nanosecondsSinceEpoch = nanoseconds > 0 ? UInt64(min(nanoseconds, 0x1p63)) : 0
    }

    private init(nanoseconds: UInt64) { nanosecondsSinceEpoch = nanoseconds }

    func earlier(by duration: Duration) -> Moment {
        let nanoseconds = UInt64(clamping: duration.attoseconds / 1_000_000_000)
        return Moment(nanoseconds: nanosecondsSinceEpoch - min(nanoseconds, nanosecondsSinceEpoch))
    }

    static func < (left: Moment, right: Moment) -> Bool { left.nanosecondsSinceEpoch < right.nanosecondsSinceEpoch }
}

#endif
