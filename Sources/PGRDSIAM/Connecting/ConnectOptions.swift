/// What a program may want to be told while it connects.
public struct ConnectOptions: Sendable {
    /// Something that works and is not safe.
    public struct Warning: Sendable, Hashable, CustomStringConvertible {
        /// What is not safe and how to mend it.
        public let description: String
        /// The server's host name.
        public let host: String
    }

    /// Hears of what is not safe; called before the first packet is sent.
    public var warn: (@Sendable (Warning) -> Void)?

    /// Creates options whose warnings go to swift-log, under the label `PGRDSIAM`, once for each host.
    ///
    /// Without the trait `Observability` nobody hears them.
    public init() {
        warn = Self.standardWarn
    }

    /// Creates options.
    ///
    /// - Parameter warn: Hears of what is not safe, each time; nil for nobody.
    public init(warn: (@Sendable (Warning) -> Void)?) {
        self.warn = warn
    }
}

#if !Observability
extension ConnectOptions {
    static let standardWarn: (@Sendable (Warning) -> Void)? = nil
}
#endif
