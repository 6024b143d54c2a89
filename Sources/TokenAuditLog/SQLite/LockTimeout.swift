import CSQLite
import RDSIAMSystem

/// How long a connection waits for other connections' locks.
///
/// SQLite calls it on the thread that runs the statement.
final class LockTimeout {
    private var limit: Duration?
    private var deadline = SuspendingClock.now

    /// Gives up at `deadline`.
    func wait(until deadline: SuspendingClock.Instant) { (limit, self.deadline) = (nil, deadline) }

    /// Gives each statement from now on so long, from its first wait on.
    func wait(atMost limit: Duration) { self.limit = limit }

    /// Makes a connection's waits end as this says.
    ///
    /// The connection's owner keeps this object as long as the connection.
    func attach(to connection: OpaquePointer) {
        sqlite3_busy_handler(
            connection,
            { context, attempt in
                guard let context else { return 0 }
                return Unmanaged<LockTimeout>.fromOpaque(context).takeUnretainedValue().pause(attempt) ? 1 : 0
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    /// Waits between half a millisecond and four and a half, or returns `false` if the time is up.
    ///
    /// SQLite's own waits grow to 100 milliseconds, which lets late comers overtake a waiter again and again.
    ///
    /// - Parameter attempt: How often this statement has waited; SQLite counts it from 0.
    private func pause(_ attempt: Int32) -> Bool {
        let now = SuspendingClock.now
        if attempt == 0, let limit { deadline = now + limit }
        guard now < deadline else { return false }
        usleep(UInt32.random(in: 500...(attempt < 4 ? 1000 : 4500)))
        return true
    }
}
