import Synchronization

/// What the cache knows about one request.
struct TokenSlot: Sendable {
    /// What a caller finds.
    enum Finding: Sendable {
        /// The caller's token.
        case kept(KeptToken)
        /// Tokens that may be the caller's, who must say who signs now.
        case unsure
        /// A call under way that may bring it.
        case underWay(Flight)
        /// A call to make, which is put down as being under way, and how long to wait first.
        case call(Flight, after: Duration)
    }

    /// What a caller knows about who signs now.
    enum Knowledge: Sendable {
        case notAsked
        case unanswered
        case known(SigningIdentity)

        var identity: SigningIdentity? {
            if case .known(let identity) = self { return identity }
            return nil
        }
    }

    private static let mostIdentities = 8

    /// The registry entry whose generator made the tokens.
    private(set) var ticket: UInt64
    /// The registry's state in which that was last known to be so.
    var generation: UInt64
    private var lastSearch: UInt64 = 0
    /// The most recent first.
    private(set) var tokens: [KeptToken] = []
    private var flights: [Flight] = []
    private var backOff = BackOff()

    init(_ source: TokenSource) {
        ticket = source.ticket
        generation = source.generation
    }

    var isIdle: Bool { flights.isEmpty }

    /// When it was last asked for, by the cache's own count.
    var lastUse: UInt64 {
        tokens.reduce(lastSearch) { max($0, $1.lastUse.load(ordering: .relaxed)) }
    }

    mutating func find(_ knowledge: Knowledge, use: UInt64, clock: TokenClock) -> Finding {
        lastSearch = use
        let good = tokens.filter { $0.isGood(clock) }
        switch knowledge {
        case .known(let identity):
            if let token = good.first(where: { $0.identity == identity }) {
                token.lastUse.store(use, ordering: .relaxed)
                return .kept(token)
            }
        case .notAsked: if !good.isEmpty { return .unsure }
        case .unanswered: break
        }
        if let flight = flight(for: knowledge) { return .underWay(flight) }
        return .call(begin(knowledge.identity), after: backOff.remaining(at: clock.elapsed()))
    }

    /// Whether the latest token has been asked for and nears its end.
    func needsRenewal(clock: TokenClock) -> Bool {
        guard isIdle, let token = tokens.first, token.isGood(clock) else { return false }
        return token.lastUse.load(ordering: .relaxed) > 0 && token.renewal <= clock.time()
            && backOff.remaining(at: clock.elapsed()) == .zero
    }

    /// A call that renews the latest token, and the generator to call; nil where there is no need.
    mutating func renewal(clock: TokenClock) -> (Flight, any AuthTokenGenerator)? {
        guard needsRenewal(clock: clock), let token = tokens.first else { return nil }
        lastSearch = lastUse
        token.lastUse.store(0, ordering: .relaxed)
        return (begin(token.identity), token.generator)
    }

    mutating func succeed(_ flight: Flight, _ token: KeptToken?) {
        flights.removeAll { $0 === flight }
        backOff.succeed()
        guard let token else { return }
        lastSearch = lastUse
        tokens.removeAll { $0.identity == token.identity }
        tokens.insert(token, at: 0)
        if tokens.count > Self.mostIdentities { tokens.removeLast() }
    }

    mutating func fail(_ flight: Flight, at uptime: Duration, options: TokenCacheOptions) {
        flights.removeAll { $0 === flight }
        backOff.fail(at: uptime, options: options)
    }

    mutating func remove(_ issue: Issue) -> Bool {
        let count = tokens.count
        tokens.removeAll { $0.issue === issue }
        return tokens.count < count
    }

    /// A caller who has not asked who signs joins any call and compares afterwards.
    private func flight(for knowledge: Knowledge) -> Flight? {
        guard case .known(let identity) = knowledge else { return flights.first }
        return flights.first { $0.identity == nil || $0.identity == identity }
    }

    private mutating func begin(_ identity: SigningIdentity?) -> Flight {
        let flight = Flight(identity: identity)
        flights.append(flight)
        return flight
    }
}
