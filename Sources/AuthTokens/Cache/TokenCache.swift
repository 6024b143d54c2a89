import RDSIAMBasics
import RDSIAMSystem
import Synchronization

/// All that a token depends on before its generator is asked.
struct TokenKey: Sendable, Hashable {
    let generator: String
    let request: AuthTokenRequest

    static func == (left: Self, right: Self) -> Bool {
        left.request == right.request && left.generator.isBytewiseEqual(to: right.generator)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(ByteText(generator))
        hasher.combine(request)
    }
}

/// One token and at most one in-flight call for each request; the least recently used go first.
final class TokenCache: Sendable {
    /// What is known of a request, used under the lock alone; a class, as copies would take longer than the rest.
    private final class Entry {
        /// The registration whose generator made the token.
        let ticket: UInt64
        var cached: CachedToken?
        var call: TokenCall?
        var backOff = BackOff()
        /// The token that a server refused last.
        var refused: AuthToken?
        /// When it was last asked for, by the cache's own count.
        var lastUse: UInt64 = 0

        init(ticket: UInt64) {
            self.ticket = ticket
        }
    }

    private struct Table {
        var entries: [TokenKey: Entry] = [:]
        var uses: UInt64 = 0

        mutating func tick() -> UInt64 {
            uses += 1
            return uses
        }
    }

    let options: TokenCacheOptions
    let clock: TokenClock
    private let table = Mutex(Table())

    init(options: TokenCacheOptions, clock: TokenClock) {
        self.options = options.clamped
        self.clock = clock
    }

    /// How many tokens are cached.
    var count: Int { table.withLock { $0.entries.values.count { $0.cached != nil } } }

    /// Returns the token for a request if it has not expired.
    func token(for key: TokenKey, _ source: TokenSource) -> IssuedToken? {
        let moment = clock.glance()
        return table.withLock { table in
            guard let entry = table.entries[key], entry.ticket == source.ticket, let cached = entry.cached,
                cached.isGood(at: moment)
            else { return nil }
            entry.lastUse = table.tick()
            cached.isInUse = true
            return cached.issued
        }
    }

    /// Returns the in-flight call for a request; if there is none, one for the caller to make.
    func call(for key: TokenKey, _ source: TokenSource) -> (call: TokenCall, isNew: Bool) {
        let uptime = clock.elapsed()
        return table.withLock { table in
            let known = table.entries[key].flatMap { $0.ticket == source.ticket ? $0 : nil }
            let entry = known ?? Entry(ticket: source.ticket)
            if known == nil { table.entries[key] = entry }
            entry.lastUse = table.tick()
            if let call = entry.call { return (call, isNew: false) }
            let call = TokenCall(after: entry.backOff.remaining(at: uptime))
            entry.call = call
            return (call, isNew: true)
        }
    }

    /// Ends a call and caches its token if that is worth it.
    func succeed(_ call: TokenCall, with issued: IssuedToken) {
        let cached = CachedToken(issued, options: options, clock: clock)
        update(issued.key, endOf: call) { entry in
            entry.backOff.succeed()
            entry.refused = nil
            entry.cached = cached ?? entry.cached
        }
    }

    /// Ends a call that brought nothing.
    func fail(_ call: TokenCall, _ key: TokenKey) {
        let uptime = clock.elapsed()
        update(key, endOf: call) { $0.backOff.fail(at: uptime, options: options) }
    }

    /// Returns whether the token was still cached, and removes it.
    func remove(_ issued: IssuedToken) -> Bool {
        table.withLock { table in
            guard let entry = table.entries[issued.key] else { return false }
            entry.refused = issued.token
            guard entry.cached?.issued.id == issued.id else { return false }
            entry.cached = nil
            return true
        }
    }

    /// Returns the token that a server refused last, if any.
    func refused(_ key: TokenKey) -> AuthToken? {
        table.withLock { $0.entries[key]?.refused }
    }

    /// The requests whose tokens are in use and near their end.
    func due() -> [TokenKey] {
        let (time, moment) = (clock.time(), clock.glance())
        return table.withLock { table in
            table.entries.filter { $0.value.cached?.isDue(at: time, moment) == true && isIdle($0.value, moment) }
                .map(\.key)
        }
    }

    /// Returns a call to make for a request that was due, or `nil` if another task was faster.
    func renewal(of key: TokenKey, _ source: TokenSource) -> TokenCall? {
        let (time, moment) = (clock.time(), clock.glance())
        return table.withLock { table in
            guard let entry = table.entries[key], entry.ticket == source.ticket, isIdle(entry, moment),
                let cached = entry.cached, cached.isDue(at: time, moment)
            else { return nil }
            let call = TokenCall(after: .zero)
            entry.call = call
            cached.isInUse = false
            return call
        }
    }

    private func isIdle(_ entry: Entry, _ moment: TokenClock.Moment) -> Bool {
        entry.call == nil && entry.backOff.remaining(at: .seconds(moment.uptime)) == .zero
    }

    /// A call that ends after its name has been given to another generator changes nothing.
    private func update(_ key: TokenKey, endOf call: TokenCall, _ change: (Entry) -> Void) {
        table.withLock { table in
            guard let entry = table.entries[key], entry.call === call else { return }
            entry.call = nil
            change(entry)
            evict(&table)
        }
    }

    /// Requests with an in-flight call stay, so that there is one call for each.
    ///
    /// Some stay even if no token is cached: which of them failed, and when. A sixteenth goes at a time, as looking for
    /// the oldest means looking at all of them.
    private func evict(_ table: inout Table) {
        let room = options.capacity > 0 ? options.capacity : 64
        guard table.entries.count > room else { return }
        let idle = table.entries.filter { $0.value.call == nil }
        let surplus = table.entries.count - room + room / 16
        for oldest in idle.sorted(by: { $0.value.lastUse < $1.value.lastUse }).prefix(surplus) {
            table.entries[oldest.key] = nil
        }
    }
}

/// A token in the cache, with the times that it is good for.
private final class CachedToken {
    let issued: IssuedToken
    /// The span of wall-clock time in which it is returned, in seconds since 1970.
    private let period: Range<TimeInterval>
    /// When its time is over by the monotonic clock, in seconds, whatever the wall clock says.
    private let end: TimeInterval
    private let renewal: Date
    /// Whether it has been asked for since it was made.
    var isInUse = false

    /// Returns `nil` for a token that is not worth caching, or if the clock shows no time.
    init?(_ issued: IssuedToken, options: TokenCacheOptions, clock: TokenClock) {
        guard options.capacity > 0 else { return nil }
        let (token, moment) = (issued.token, clock.glance())
        let reusable = token.reusableUntil.timeIntervalSince1970
        let end = token.end?.timeIntervalSince1970 ?? reusable
        let life = min(reusable, token.end == nil ? end : end - options.margin.seconds) - moment.wall
        guard life > 0, life.isFinite else { return nil }
        self.issued = issued.fromCache
        period = moment.wall..<moment.wall + life
        self.end = moment.uptime + life
        let last = min(reusable, end)
        renewal = Date(timeIntervalSince1970: last - min(options.refreshAhead.seconds, (last - moment.wall) / 2))
    }

    func isGood(at moment: TokenClock.Moment) -> Bool {
        period.contains(moment.wall) && moment.uptime < end
    }

    func isDue(at time: Date, _ moment: TokenClock.Moment) -> Bool {
        isInUse && isGood(at: moment) && renewal <= time
    }
}
