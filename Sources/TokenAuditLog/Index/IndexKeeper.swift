/// Keeps the index close behind the log, a batch at a time.
///
/// A batch that fails harms nothing: searches read the rows that are not indexed one by one, and it is tried again a few
/// rows or seconds later.
final class IndexKeeper {
    private let connection: Connection
    let indexer: Indexer
    private let batch: Int64
    /// The row and the time before which there is no use in trying again.
    private var pause = (row: Int64(0), end: SuspendingClock.now)

    /// How long to wait for another process's lock, for each batch that waits.
    ///
    /// Tasks that wait for their records come first, unless many processes write and the index is left behind.
    private static let patience = Duration.milliseconds(10)
    private static let afterFailure: Duration = .seconds(5)
    /// Batches to wait for at most, and in one transaction.
    private static let most: (patience: Int64, batches: Int64) = (50, 4)

    init(_ connection: Connection, batch: Int) throws {
        self.connection = connection
        self.indexer = try Indexer(connection)
        self.batch = Int64(max(1, batch))
    }

    /// Indexes one batch, where there is one, or half of what waits.
    ///
    /// - Returns: How long to wait before the next; nil where there is none.
    func fold(head: Int64) -> Duration? {
        guard isBehind(head) else { return nil }
        let now = SuspendingClock.now
        guard head >= pause.row || now >= pause.end else { return now.duration(to: pause.end) }
        let waiting = (head - indexer.through) / batch
        connection.wait(until: now + Self.patience * Int(min(waiting, Self.most.patience)))
        do {
            try indexer.fold(atLeast: batch, most: min(max(1, waiting / 2), Self.most.batches) * batch, head: head)
            return isBehind(head) ? .milliseconds(50) : nil
        } catch {
            pause = (head + max(1, batch / 4), .now + Self.afterFailure)
            return Self.afterFailure
        }
    }

    private func isBehind(_ head: Int64) -> Bool { head - indexer.through >= batch }
}
