/// How an issuer caches tokens and calls generators.
///
/// An issuer takes a negative duration for zero, and one of more than a hundred years for a hundred years.
public struct TokenCacheOptions: Sendable, Hashable {
    /// For how many requests a token is cached at most; 0 caches none.
    ///
    /// Those least recently asked for go first, a sixteenth at a time. A request's generator, host, port, user,
    /// database and parameters all count.
    public var capacity = 1024
    /// How long before its expiry a cached token is no longer returned, so that a login has the time to arrive.
    public var margin: Duration = .seconds(60)
    /// How long before its expiry ``TokenIssuer/run()`` renews a token that has been asked for since it was made.
    ///
    /// A token that lives less than twice as long is renewed at half its life.
    public var refreshAhead: Duration = .seconds(240)
    /// How often ``TokenIssuer/run()`` looks, at most a hundred times a second.
    package var refreshInterval: Duration = .seconds(15)
    /// How long a generator may take over one token, and how long a caller waits for the generator to be built.
    ///
    /// It is longer than the timeouts of the credential sources (60 seconds), so that the error of a source that hangs
    /// reaches the caller: it names the source and what the source waited for.
    public var timeout: Duration = .seconds(90)
    /// How long to wait after a generator failed before it is called for the same request again; it doubles with each
    /// further failure.
    package var backOff: Duration = .milliseconds(100)
    /// How long to wait at most between two such calls.
    package var longestBackOff: Duration = .seconds(5)

    /// The standard options.
    public init() {}

    /// No token is cached; callers who ask at the same time still share one.
    public static let off: Self = {
        var options = Self()
        options.capacity = 0
        return options
    }()
}

extension TokenCacheOptions {
    /// The same options with durations that arithmetic does not overflow.
    var clamped: Self {
        var options = self
        let durations: [WritableKeyPath<Self, Duration>] = [
            \.margin, \.refreshAhead, \.refreshInterval, \.timeout, \.backOff, \.longestBackOff,
        ]
        for duration in durations {
            options[keyPath: duration] = options[keyPath: duration].clampedSpan
        }
        // Without a pause, the renewal would keep a core busy.
        options.refreshInterval = max(options.refreshInterval, .milliseconds(10))
        return options
    }
}
