#if Observability

public import Logging
import RDSIAMBasics
import Synchronization

extension ConnectOptions {
    /// Creates options whose warnings go to a log, each of them once for each host.
    ///
    /// A service that connects a thousand times needs to be told once; also if it creates options each time.
    ///
    /// - Parameter logger: Where to write; the host goes along as metadata.
    public init(logger: Logger) {
        self.init { Self.writeOnce($0, to: logger) }
    }

    static let standardWarn: (@Sendable (Warning) -> Void)? = { writeOnce($0, to: Logger(label: "PGRDSIAM")) }

    private struct Line: Hashable {
        let label: ByteText
        let host: ByteText
        let text: ByteText
    }

    private static let written = Mutex<Set<Line>>([])

    private static func writeOnce(_ warning: Warning, to logger: Logger) {
        let line = Line(
            label: ByteText(logger.label),
            host: ByteText(warning.host),
            text: ByteText(warning.description)
        )
        guard written.withLock({ $0.insert(line).inserted }) else { return }
        logger.warning("\(warning.description)", metadata: ["host": "\(warning.host)"])
    }
}

#endif
