#if Observability

public import AuthTokens
public import CoreMetrics

/// Counts what an issuer does and times the making of tokens.
///
/// The counter `auth_tokens` and the timer `auth_token_duration` have the dimensions `kind` and `generator`; hosts and users are left out, as
/// there may be many.
public struct MetricsTokenObserver: TokenObserver {
    private let factory: any MetricsFactory

    /// Creates an observer.
    ///
    /// - Parameter factory: Where to count; by default the process's own.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
    }

    /// Counts, and times what took time.
    public func observe(_ observation: TokenObservation) {
        let dimensions = [("kind", "\(observation.kind)"), ("generator", observation.generator)]
        Counter(label: "auth_tokens", dimensions: dimensions, factory: factory).increment()
        guard observation.duration > .zero else { return }
        let (seconds, attoseconds) = observation.duration.components
        Timer(label: "auth_token_duration", dimensions: dimensions, factory: factory)
            .recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}

#endif
