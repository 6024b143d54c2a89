import RDSIAMSystem
import Synchronization

/// Credentials that need no thought, for many readers at once.
///
/// There are several copies, each with a lock and a reference count of its own, and a thread mostly meets its own copy: readers on
/// different cores do not queue.
final class KeptCredentials: Sendable {
    private struct Kept: Sendable {
        var credentials: AWSCredentials
        /// Until when they need no thought, and when they expire.
        var end: Date
        var expiration: Date
    }

    private final class Slot: Sendable {
        let kept = Mutex<Kept?>(nil)
    }

    private let slots = (0..<8).map { _ in Slot() }

    /// The credentials; nil where the state has to decide.
    func read(at now: Date, lifetime: TimeInterval?) -> AWSCredentials? {
        slots[ThreadNumber.current & 7].kept.withLock { kept in
            guard let kept, now < kept.end else { return nil }
            if let lifetime, kept.expiration.timeIntervalSince(now) < lifetime { return nil }
            return kept.credentials
        }
    }

    /// Keeps credentials until a time; nil clears.
    func keep(_ credentials: AWSCredentials?, until end: Date) {
        for slot in slots {
            let kept = credentials.map {
                Kept(credentials: $0.detached(), end: end, expiration: $0.expiration ?? .distantFuture)
            }
            slot.kept.withLock { $0 = kept }
        }
    }
}

/// A number that threads mostly do not share.
enum ThreadNumber {
    static var current: Int {
        // A number or a pointer, depending on the platform; a word everywhere.
        let identifier = withUnsafeBytes(of: pthread_self()) { $0.load(as: UInt.self) }
        // Threads' control blocks lie a stack apart: the low bits are all alike.
        return Int(truncatingIfNeeded: (identifier &* 0x9E37_79B9_7F4A_7C15) >> 56)
    }
}
