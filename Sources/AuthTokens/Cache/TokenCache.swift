import Synchronization

/// A generator and the registry entry it was found under.
struct TokenSource: Sendable {
    let generator: any AuthTokenGenerator
    let ticket: UInt64
    /// The registry's state when it was looked up.
    let generation: UInt64
}

/// Tokens by request, least recently used out first, and the calls of generators that are under way.
final class TokenCache: Sendable {
    private struct Table {
        var slots: [TokenKey: TokenSlot] = [:]
        var recent = RecentTokens()
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

    /// The token that was handed out last for a request, if its generator still goes by its name.
    ///
    /// Whether it is the caller's and still good is for the caller to see.
    func recent(from generator: String, for request: AuthTokenRequest, generation: UInt64) -> KeptToken? {
        table.withLock { table in
            guard let token = table.recent.token(from: generator, for: request, generation: generation) else {
                return nil
            }
            token.lastUse.store(table.tick(), ordering: .relaxed)
            return token
        }
    }

    /// What there is for a caller; where that is a call to make, the caller makes it.
    func find(_ key: TokenKey, _ source: TokenSource, _ knowledge: TokenSlot.Knowledge) -> TokenSlot.Finding {
        table.withLock { table in
            var slot = table.slots[key] ?? TokenSlot(source)
            if slot.ticket != source.ticket { slot = TokenSlot(source) }
            slot.generation = source.generation
            let finding = slot.find(knowledge, use: table.tick(), clock: clock)
            table.slots[key] = slot
            if case .kept(let token) = finding { table.recent.insert(token, generation: source.generation) }
            return finding
        }
    }

    /// Ends a call and keeps its token, as far as it is worth it.
    func succeed(_ flight: Flight, _ key: TokenKey, _ source: TokenSource, with made: MadeToken) {
        let token = KeptToken(made, by: source.generator, options: options, clock: clock)
        update(key, source) { slot, recent in
            slot.succeed(flight, token)
            if let token { recent.insert(token, generation: slot.generation) }
        }
    }

    /// Ends a call that brought nothing.
    func fail(_ flight: Flight, _ key: TokenKey, _ source: TokenSource) {
        let uptime = clock.elapsed()
        update(key, source) { slot, _ in slot.fail(flight, at: uptime, options: options) }
    }

    /// Whether the token was still kept.
    func remove(_ issue: Issue) -> Bool {
        table.withLock { table in
            table.recent.remove(issue)
            return table.slots[issue.key]?.remove(issue) ?? false
        }
    }

    /// The requests whose tokens are to be renewed now.
    func due() -> [TokenKey] {
        table.withLock { table in
            table.slots.filter { $0.value.needsRenewal(clock: clock) }.map(\.key)
        }
    }

    /// A call to make for a request that was due; nil where somebody else was faster.
    func renewal(of key: TokenKey) -> (Flight, TokenSource)? {
        table.withLock { table in
            guard var slot = table.slots[key], let (flight, generator) = slot.renewal(clock: clock) else { return nil }
            table.slots[key] = slot
            return (flight, TokenSource(generator: generator, ticket: slot.ticket, generation: slot.generation))
        }
    }

    /// What ends after its name has been given to another generator changes nothing.
    private func update(_ key: TokenKey, _ source: TokenSource, _ body: (inout TokenSlot, inout RecentTokens) -> Void) {
        table.withLock { table in
            guard var slot = table.slots[key], slot.ticket == source.ticket else { return }
            body(&slot, &table.recent)
            table.slots[key] = slot
            evict(&table)
        }
    }

    /// Requests that are being waited for stay, so that there is one call for each.
    ///
    /// Some are remembered even where no token is kept: which of them failed, and when. A sixteenth goes at a time, as
    /// looking for the oldest means looking at all of them.
    private func evict(_ table: inout Table) {
        let room = options.capacity > 0 ? options.capacity : 64
        guard table.slots.count > room else { return }
        let idle = table.slots.filter(\.value.isIdle).map { (key: $0.key, slot: $0.value, lastUse: $0.value.lastUse) }
        let surplus = table.slots.count - room + room / 16
        for oldest in idle.sorted(by: { $0.lastUse < $1.lastUse }).prefix(surplus) {
            for token in oldest.slot.tokens { table.recent.remove(token.issue) }
            table.slots[oldest.key] = nil
        }
    }
}
