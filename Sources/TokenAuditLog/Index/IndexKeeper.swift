/// Keeps the index close behind the log, a batch at a time.
///
/// A batch that fails harms nothing: searches read the rows that are not indexed one by one, and a later commit tries
/// again.
final class IndexKeeper {
    private let connection: Connection
    let indexer: Indexer
    private let batch: Int64
    /// The row before which there is no use in trying again.
    private var pause: Int64 = 0

    /// Nanoseconds to wait for another process's lock, for each batch that waits.
    ///
    /// Those who wait for their records come first, unless the index is left behind where many processes write.
    private static let patience: Int64 = 10_000_000
    /// Batches to wait for at most, and in one transaction.
    private static let most: (patience: Int64, batches: Int64) = (50, 4)

    init(_ connection: Connection, batch: Int) throws {
        self.connection = connection
        self.indexer = try Indexer(connection)
        self.batch = Int64(batch)
    }

    /// Indexes one batch, where there is one, or half of what waits.
    ///
    /// - Returns: Whether there is another.
    func fold(head: Int64) -> Bool {
        guard isBehind(head), head >= pause else { return false }
        let waiting = (head - indexer.through) / batch
        connection.wait(until: Monotonic.now + min(waiting, Self.most.patience) * Self.patience)
        do {
            try indexer.fold(atLeast: batch, most: min(max(1, waiting / 2), Self.most.batches) * batch, head: head)
            return isBehind(head)
        } catch {
            pause = head + max(1, batch / 4)
            return false
        }
    }

    private func isBehind(_ head: Int64) -> Bool { head - indexer.through >= batch }
}
