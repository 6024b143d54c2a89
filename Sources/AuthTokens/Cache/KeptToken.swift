import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
/// A token in the cache.
final class KeptToken: Sendable {
    let issue: Issue
    let identity: SigningIdentity
    let generator: any AuthTokenGenerator
    /// The span of wall-clock time in which it is handed out.
    let period: Range<Date>
    /// When the stop watch says that its time is over, whatever the wall clock says.
    let end: Duration
    /// When it is to be renewed.
    let renewal: Date
    /// When it was last handed out, by the cache's own count; 0 where it has not been since it was made.
    let lastUse = Atomic<UInt64>(0)

    /// Nil for a token that is not worth keeping.
    init?(_ made: MadeToken, by generator: any AuthTokenGenerator, options: TokenCacheOptions, clock: TokenClock) {
        guard let identity = made.identity, options.capacity > 0 else { return nil }
        let moment = clock.glance()
        let token = made.issue.token
        let expiry = min(token.expiresAt, token.credential?.expiresAt ?? token.expiresAt)
        let life = expiry.timeIntervalSince(moment.wall) - options.margin.seconds
        guard life > 0 else { return nil }
        issue = made.issue
        self.identity = identity
        self.generator = generator
        period = moment.wall..<moment.wall + life
        end = moment.uptime + .seconds(life)
        let ahead = min(options.refreshAhead.seconds, expiry.timeIntervalSince(moment.wall) / 2)
        renewal = expiry - ahead
    }

    func isGood(_ clock: TokenClock) -> Bool {
        let moment = clock.glance()
        return period.contains(moment.wall) && moment.uptime < end
    }
}

extension Duration {
    /// The same in seconds.
    var seconds: TimeInterval {
        TimeInterval(components.seconds) + TimeInterval(components.attoseconds) / 1e18
    }
}
