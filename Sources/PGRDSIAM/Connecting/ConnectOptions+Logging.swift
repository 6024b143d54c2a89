#if Observability

public import Logging
import RDSIAMBasics
import Synchronization

extension ConnectOptions {
    /// Creates options whose warnings go to a log, each time.
    ///
    /// - Parameter logger: Where to write; the host goes along as metadata.
    public init(logger: Logger) {
        self.init { Self.write($0, to: logger) }
    }

    /// A service that connects a thousand times needs to be told once.
    static let standardWarn: (@Sendable (Warning) -> Void)? = { warning in
        guard warned.withLock({ $0.insert(ByteText(warning.host)).inserted }) else { return }
        write(warning, to: Logger(label: "PGRDSIAM"))
    }

    private static let warned = Mutex<Set<ByteText>>([])

    private static func write(_ warning: Warning, to logger: Logger) {
        logger.warning("\(warning.description)", metadata: ["host": "\(warning.host)"])
    }
}

#endif
