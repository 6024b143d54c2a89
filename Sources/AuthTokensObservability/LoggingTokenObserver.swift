#if Observability

public import AuthTokens
public import Logging

/// Writes what an issuer does to a log.
///
/// Messages are constant, and the data is metadata. Refusals and failed logins have the level `warning`, cached tokens
/// `trace`, and all else `debug`.
public struct LoggingTokenObserver: TokenObserver {
    private let logger: Logger

    /// Creates an observer.
    ///
    /// - Parameter logger: The log to write to.
    public init(logger: Logger) {
        self.logger = logger
    }

    /// Writes a line.
    public func observe(_ observation: TokenObservation) {
        logger.log(level: level(of: observation.kind), "Token \(observation.kind)", metadata: metadata(of: observation))
    }

    private func level(of kind: TokenObservation.Kind) -> Logger.Level {
        switch kind {
        case .refused, .rejected, .unjudged: .warning
        case .reused: .trace
        default: .debug
        }
    }

    private func metadata(of observation: TokenObservation) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "generator": "\(observation.generator)", "host": "\(observation.request.host)",
            "port": "\(observation.request.port)", "user": "\(observation.request.user)",
            "duration": "\(observation.duration)",
        ]
        metadata["fingerprint"] = (observation.token?.fingerprint).map { "\($0)" }
        metadata["access_key_id"] = observation.credential?.accessKeyID.map { "\($0)" }
        metadata["region"] = observation.region.map { "\($0)" }
        metadata["error"] = observation.errorCode.map { "\($0)" }
        return metadata
    }
}

#endif
