import RDSIAMBasics
import RDSIAMSystem

/// What a refreshing source knows, and what follows from it.
///
/// No clock, no lock, no waiting: those are the driver's.
struct RefreshState {
    /// What to do for one caller.
    enum Decision {
        case serve(AWSCredentials)
        case fetch
        case wait
        case fail(AWSCredentialError)
    }

    private enum Urgency { case none, advisory, mandatory }

    /// The cached credentials, with the times of their renewal.
    private struct Entry {
        var credentials: AWSCredentials
        var advisory: Date
        var mandatory: Date
        /// The earliest time at which ``advisory`` counts: before it, the clock has been set back.
        var begin = Date.distantPast
    }

    /// A span of the clock's time; it is over as well once the clock has been set back to before it.
    private struct Span {
        static let none = Span(begin: .distantFuture, end: .distantPast)

        var begin: Date
        var end: Date

        func contains(_ now: Date) -> Bool { begin <= now && now < end }
    }

    let policy: RefreshPolicy
    private(set) var isFetching = false
    private var entry: Entry?
    private var isInvalid = false
    /// The key that was invalidated while a fetch was under way, which may have begun before the key was replaced.
    private var invalidatedKey: String?
    /// When the source is not asked after a failure, as there is something to serve.
    private var pause = Span.none
    /// When the source is not asked again although its credentials are short-lived.
    private var rest = Span.none
    /// When ``failure`` is the answer to callers that nothing can be served to.
    private var refusal = Span.none
    private var failure: AWSCredentialError?
    /// The files that the credentials came from, as they were when they were last looked at.
    private var files: [FileReading] = []
    /// When that was, by the uptime.
    private var lastLook: Duration?

    init(policy: RefreshPolicy) {
        self.policy = policy
    }

    /// Decides for a caller, who promises to fetch if the decision is `fetch`.
    ///
    /// - Parameters:
    ///   - now: The present.
    ///   - lifetime: The real life the caller would like; `nil` for a caller who takes what there is.
    mutating func decide(at now: Date, lifetime: TimeInterval?) -> Decision {
        let urgency = urgency(at: now, lifetime: lifetime)
        if urgency == .none, let entry { return .serve(entry.credentials) }
        let remembered = refusal.contains(now) ? failure : nil
        if let remembered, remembered.isBeyondCure { return .fail(remembered) }
        if let credentials = servable(at: now, lifetime: lifetime) {
            if pause.contains(now) || rest.contains(now) || (isFetching && urgency == .advisory) {
                return .serve(credentials)
            }
        } else if let remembered {
            return .fail(remembered)
        }
        if isFetching { return .wait }
        isFetching = true
        return .fetch
    }

    /// The credentials that ``decide(at:lifetime:)`` would serve, or `nil` if it would decide otherwise.
    func cached(at now: Date) -> AWSCredentials? {
        // Nearly always, and then without a copy of the whole state.
        if urgency(at: now, lifetime: nil) == .none { return entry?.credentials }
        var copy = self
        guard case .serve(let credentials) = copy.decide(at: now, lifetime: nil) else { return nil }
        return credentials
    }

    /// The files that the cached credentials came from, if it is time to look at them again; it then counts as done.
    mutating func filesToLookAt(at uptime: @autoclosure () -> Duration) -> [FileReading] {
        guard !files.isEmpty else { return [] }
        let uptime = uptime()
        if let lastLook, !FileReading.isDue(since: lastLook, at: uptime) { return [] }
        lastLook = uptime
        return files
    }

    /// Takes in how files look now: after a change the next caller fetches, even in a pause after a failure.
    mutating func lookedAt(_ old: [FileReading], now new: [FileReading]) {
        guard files == old, old != new else { return }
        files = new
        isInvalid = true
        (pause, rest, refusal) = (.none, .none, .none)
    }

    /// The cached credentials, as far as this caller may have them.
    func servable(at now: Date, lifetime: TimeInterval?) -> AWSCredentials? {
        guard let credentials = entry?.credentials else { return nil }
        guard let expiration = credentials.expiration, expiration <= now else { return credentials }
        let mayServeExpired = lifetime == nil && policy.servesExpired && credentials.provenance.source.isManagedByAWS
        return mayServeExpired ? credentials : nil
    }

    /// Takes in what the source returned.
    mutating func succeed(_ credentials: AWSCredentials, at now: Date, lifetime: TimeInterval?, random: Double) {
        isFetching = false
        failure = nil
        let remaining = credentials.remainingLifetime(at: now)
        if let remaining, remaining <= 0 { return takeExpired(credentials, at: now, random: random) }
        isInvalid = invalidatedKey.map(credentials.accessKeyID.isBytewiseEqual) ?? false
        invalidatedKey = nil
        (pause, refusal) = (.none, .none)
        entry = makeEntry(credentials, at: now, remaining: remaining)
        files = credentials.readings
        // A source that keeps returning the same short-lived credentials is not asked at each call.
        let isShort = remaining.map { $0 < max(lifetime ?? 0, policy.advisoryWindow(lifetime: $0)) } ?? false
        rest = isShort ? span(at: now, 30 + 30 * random) : .none
    }

    /// Takes in that the source failed.
    mutating func fail(_ error: AWSCredentialError, at now: Date, random: Double) {
        (isFetching, invalidatedKey) = (false, nil)
        failure = error
        if error.isBeyondCure {
            refusal = span(at: now, draw(policy.memoryOfRefusal, random))
        } else if entry != nil {
            beginPause(at: now, random: random)
        }
    }

    /// Takes in that the caller who was fetching gave up.
    mutating func abandon() {
        (isFetching, invalidatedKey) = (false, nil)
    }

    /// Makes the next caller refresh if these are the cached credentials.
    mutating func invalidate(accessKeyID: String) {
        guard let current = entry?.credentials.accessKeyID, current.isBytewiseEqual(to: accessKeyID) else { return }
        isInvalid = true
        rest = .none
        if isFetching { invalidatedKey = accessKeyID }
    }

    private func urgency(at now: Date, lifetime: TimeInterval?) -> Urgency {
        guard let entry, !isInvalid, now < entry.mandatory else { return .mandatory }
        if let lifetime, let remaining = entry.credentials.remainingLifetime(at: now), remaining < lifetime {
            return .mandatory
        }
        return entry.begin <= now && now < entry.advisory ? .none : .advisory
    }

    private func makeEntry(_ credentials: AWSCredentials, at now: Date, remaining: TimeInterval?) -> Entry {
        guard let expiration = credentials.expiration, let remaining else {
            let lasting: [AWSCredentialSourceKind] = [.process, .static, .environment]
            if lasting.contains(credentials.provenance.source) {
                return Entry(credentials: credentials, advisory: .distantFuture, mandatory: .distantFuture)
            }
            let age = span(at: now, policy.ageWithoutExpiry)
            return Entry(credentials: credentials, advisory: age.end, mandatory: .distantFuture, begin: age.begin)
        }
        return Entry(
            credentials: credentials,
            advisory: expiration - policy.advisoryWindow(lifetime: remaining),
            mandatory: expiration - policy.mandatoryWindow
        )
    }

    /// An answer that is expired on arrival is a failed refresh; without anything better it is cached, for those who
    /// may have it.
    private mutating func takeExpired(_ credentials: AWSCredentials, at now: Date, random: Double) {
        if entry == nil { entry = makeEntry(credentials, at: now, remaining: 0) }
        failure = AWSCredentialError(
            .expired,
            "The credentials from \(credentials.provenance.source) were expired when they came; a later attempt may bring others."
        )
        beginPause(at: now, random: random)
    }

    private mutating func beginPause(at now: Date, random: Double) {
        pause = span(at: now, draw(policy.pauseAfterFailure, random))
        // A caller that may not have what is cached asks again soon.
        refusal = span(at: now, draw(policy.memoryOfRefusal, random))
    }

    /// The next so many seconds, and the one before: callers read the clock before they are in turn.
    private func span(at now: Date, _ seconds: TimeInterval) -> Span { Span(begin: now - 1, end: now + seconds) }

    private func draw(_ range: ClosedRange<TimeInterval>, _ random: Double) -> TimeInterval {
        range.lowerBound + (range.upperBound - range.lowerBound) * random
    }
}
