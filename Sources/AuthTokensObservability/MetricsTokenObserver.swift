#if Observability

public import AuthTokens
public import CoreMetrics

/// Counts what an issuer does and times the making of tokens.
///
/// The counter `auth_tokens` and the timer `auth_token_duration` have the dimensions `kind` and `generator`. Hosts and
/// users are left out, as there may be many.
public struct MetricsTokenObserver: TokenObserver {
    private let factory: any MetricsFactory

    /// Creates an observer.
    ///
    /// - Parameter factory: Makes the counters and timers; by default that of the process.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
    }

    /// Increments the counter, and records the duration if there is one.
    public func observe(_ observation: TokenObservation) {
        let dimensions = [("kind", "\(observation.kind)"), ("generator", observation.generator)]
        Counter(label: "auth_tokens", dimensions: dimensions, factory: factory).increment()
        guard observation.duration > .zero else { return }
        Timer(label: "auth_token_duration", dimensions: dimensions, factory: factory)
            .recordNanoseconds(Int64(clamping: observation.duration.attoseconds / 1_000_000_000))
    }
}

#endif
