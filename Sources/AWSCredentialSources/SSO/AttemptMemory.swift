import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// When something was last tried, so that a failing renewal is not repeated at each call.
final class AttemptMemory: Sendable {
    private let last = Mutex<[String: Date]>([:])

    /// Whether it may be tried; if so it counts as tried now.
    func mayTry(_ key: String, at now: Date, every pause: TimeInterval) -> Bool {
        last.withLock { last in
            if let time = last[key], now < time + pause, now >= time { return false }
            last[key] = now
            return true
        }
    }
}
