/// What a server sends unasked, as it comes.
///
/// It begins when the sequence is made, so that nothing is missed between `LISTEN` and the first iteration, and ends when
/// the connection closes or breaks, or the task is cancelled. What has not been fetched waits in memory. The sequence keeps
/// its connection open. Iterate over it once; for another listener, make another.
public struct PGMessages<Element: Sendable>: AsyncSequence, Sendable {
    /// The iterator.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let connection: PGConnection
        private var inner: AsyncStream<Element>.Iterator
        private var hasBegun = false

        fileprivate init(_ connection: PGConnection, _ inner: AsyncStream<Element>.Iterator) {
            self.connection = connection
            self.inner = inner
        }

        /// The next message; nil at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
            if !hasBegun { connection.session.listenWhileIdle() }
            hasBegun = true
            return await inner.next(isolation: actor)
        }

        /// The next message; nil at the end.
        public mutating func next() async -> Element? { await next(isolation: nil) }
    }

    private let connection: PGConnection
    private let stream: AsyncStream<Element>

    init(_ connection: PGConnection, _ stream: AsyncStream<Element>) {
        self.connection = connection
        self.stream = stream
    }

    /// An iterator; one is enough.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(connection, stream.makeAsyncIterator()) }
}

extension PGConnection {
    /// What `NOTIFY` sends to the channels that this connection listens on.
    ///
    /// ```swift
    /// let notifications = connection.notifications
    /// _ = try await connection.execute("LISTEN jobs")
    /// for await notification in notifications { print(notification.payload) }
    /// ```
    ///
    /// Statements may run meanwhile and come first. `LISTEN` belongs to the server's session: after `reset()` it must be
    /// repeated, and sequences that were waiting go on. See ``PGMessages`` for when it begins and ends.
    public var notifications: PGMessages<PGNotification> { PGMessages(self, session.inbox.listenToNotifications()) }

    /// The notices and warnings that the server sends from now on; without a listener they are dropped, never printed.
    ///
    /// See ``PGMessages`` for when it begins and ends.
    public var notices: PGMessages<PGNotice> { PGMessages(self, session.inbox.listenToNotices()) }
}
