import RDSIAMSystem
import Synchronization

/// A token in the cache.
final class KeptToken: Sendable {
    let issue: Issue
    let identity: SigningIdentity
    let generator: any AuthTokenGenerator
    private let signer: (any PromptSigner)?
    /// The span of wall-clock time in which it is handed out, in seconds since 1970.
    private let period: Range<TimeInterval>
    /// When its time is over by the monotonic clock, in seconds, whatever the wall clock says.
    private let end: TimeInterval
    /// When it is to be renewed.
    let renewal: Date
    /// When it was last handed out, by the cache's own count; 0 where it has not been since it was made.
    let lastUse = Atomic<UInt64>(0)

    /// Returns `nil` for a token that is not worth caching, or if the clock shows no time.
    init?(_ made: MadeToken, by generator: any AuthTokenGenerator, options: TokenCacheOptions, clock: TokenClock) {
        guard let identity = made.identity, options.capacity > 0 else { return nil }
        let moment = clock.glance()
        let token = made.issue.token
        let expiry = min(token.expiresAt, token.credential?.expiresAt ?? token.expiresAt)
        let left = expiry.timeIntervalSince1970 - moment.wall
        let life = left - options.margin.seconds
        guard life > 0, life.isFinite else { return nil }
        issue = made.issue
        self.identity = identity
        self.generator = generator
        signer = (generator as? any PromptGenerator)?.promptSigner
        period = moment.wall..<moment.wall + life
        end = moment.uptime + life
        renewal = expiry - min(options.refreshAhead.seconds, left / 2)
    }

    /// Whether its generator says at once that it would sign with the same credentials; where not, it is to be asked.
    func isReady(for request: AuthTokenRequest) -> Bool {
        signer?.isStill(identity, for: request) ?? false
    }

    func isGood(_ clock: TokenClock) -> Bool {
        let moment = clock.glance()
        return period.contains(moment.wall) && moment.uptime < end
    }
}
