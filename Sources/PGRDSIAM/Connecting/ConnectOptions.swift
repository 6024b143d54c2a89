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

    /// Creates options.
    ///
    /// - Parameter warn: Hears of what is not safe.
    public init(warn: (@Sendable (Warning) -> Void)? = nil) {
        self.warn = warn
    }
}
