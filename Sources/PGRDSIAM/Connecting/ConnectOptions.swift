/// What a program wants to learn while it connects.
public struct ConnectOptions: Sendable {
    /// Something that works and is not safe.
    public struct Warning: Sendable, Hashable, CustomStringConvertible {
        /// What is not safe, and how to change that.
        public let description: String
        /// The server's host name.
        package let host: String
    }

    /// Called with what is not safe, before the first packet is sent.
    public var warn: (@Sendable (Warning) -> Void)?

    /// Creates options whose warnings go to swift-log, under the label `PGRDSIAM`, each of them once for each
    /// host.
    ///
    /// Without the trait `Observability` there are no warnings.
    public init() {
        warn = Self.standardWarn
    }

    /// Creates options.
    ///
    /// - Parameter warn: Called each time with what is not safe; `nil` for no warnings.
    package init(warn: (@Sendable (Warning) -> Void)?) {
        self.warn = warn
    }
}

#if !Observability
extension ConnectOptions {
    static let standardWarn: (@Sendable (Warning) -> Void)? = nil
}
#endif
