import RDSIAMBasics
import RDSIAMSystem

/// What a server made of a token, as a failed login tells.
package struct TokenOutcome: Sendable, Hashable, CustomStringConvertible {
    /// The outcome's name.
    package let description: String

    /// The server let the token in; what failed came afterwards, such as a database that does not exist.
    package static let accepted = TokenOutcome(description: "accepted")
    /// The server looked at the token and refused the login.
    package static let refused = TokenOutcome(description: "refused")
    /// No server looked at the token: none could be reached, or it refused the login without asking for a password.
    package static let notJudged = TokenOutcome(description: "notJudged")
}

/// What becomes of tokens.
extension TokenIssuer {
    /// Logs in with a token, for clients that are not libpq: issues it, records what became of it, and tries once more
    /// if a cached token has gone stale.
    ///
    /// ```swift
    /// let connection = try await issuer.withToken(from: "default", for: request, isRefusal: isLoginRefused) {
    ///     try await Client.connect(user: $0.token.user ?? request.user, password: $0.token.value)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - name: The name the generator is registered under.
    ///   - request: The server, the user and the parameters for the generator.
    ///   - isRefusal: Whether an error of `body` says that the server refused the login, as the SQLSTATEs `28000` and
    ///     `28P01` do, and not that the way to it failed.
    ///   - discard: Closes the result of `body` if the login cannot be recorded although a record is required.
    ///   - body: Connects with ``IssuedToken/token``, as the token's ``AuthToken/user`` if it names one.
    /// - Throws: What ``token(from:for:)`` throws; what `body` throws; what the recorder throws if a record is
    ///   required.
    public func withToken<Result>(
        from name: String,
        for request: AuthTokenRequest,
        isRefusal: (any Error) -> Bool,
        discard: (Result) async -> Void = { _ in },
        _ body: (IssuedToken) async throws -> Result
    ) async throws -> Result {
        try await withToken(
            from: name,
            for: request,
            outcome: { isRefusal($0) ? .refused : .notJudged },
            discard: discard,
            body
        )
    }

    /// Logs in with a token, and tells apart the failures that are no refusals.
    ///
    /// It does what ``withToken(from:for:isRefusal:discard:_:)`` does. A token that was accepted, or not judged, stays
    /// in the cache.
    ///
    /// - Parameters:
    ///   - name: The name the generator is registered under.
    ///   - request: The server, the user and the parameters for the generator.
    ///   - outcome: What an error of `body` says about the token.
    ///   - discard: Closes the result of `body` if the login cannot be recorded although a record is required.
    ///   - body: Connects with ``IssuedToken/token``, as the token's ``AuthToken/user`` if it names one.
    /// - Throws: What ``token(from:for:)`` throws; what `body` throws; what the recorder throws if a record is
    ///   required.
    package func withToken<Result>(
        from name: String,
        for request: AuthTokenRequest,
        outcome: (any Error) -> TokenOutcome,
        discard: (Result) async -> Void = { _ in },
        _ body: (IssuedToken) async throws -> Result
    ) async throws -> Result {
        let issued = try await token(from: name, for: request)
        do {
            return try await use(issued, outcome, discard, body)
        } catch  where issued.isFromCache && outcome(error) == .refused && !Task.isCancelled {
            let fresh = try await token(from: name, for: request)
            guard !fresh.token.hasSameValue(as: issued.token) else {
                invalidate(fresh)
                throw error
            }
            return try await use(fresh, outcome, discard, body)
        }
    }

    /// One attempt, put on record whether it succeeds or fails.
    private func use<Result>(
        _ issued: IssuedToken,
        _ outcome: (any Error) -> TokenOutcome,
        _ discard: (Result) async -> Void,
        _ body: (IssuedToken) async throws -> Result
    ) async throws -> Result {
        let result: Result
        do {
            result = try await body(issued)
        } catch is CancellationError {
            // The server may have been sent the token.
            try? await record(.notJudged, of: issued, error: CancellationError())
            throw CancellationError()
        } catch {
            let outcome = outcome(error)
            if outcome == .refused { invalidate(issued) }
            // A login that failed gives no access, so the caller learns of its error, not of the record's.
            try? await record(outcome, of: issued, error: error)
            throw error
        }
        do {
            try await recordOutcome(of: issued)
        } catch {
            await discard(result)
            throw error
        }
        return result
    }

    /// Throws a token away that a server refused, so that the next caller gets a new one.
    ///
    /// A token that has taken its place in the cache stays. The generator is told as well.
    ///
    /// - Parameter issued: The token that was refused.
    public func invalidate(_ issued: IssuedToken) {
        let wasCached = cache.remove(issued)
        generators.builtValue(named: issued.generator)?.tokenWasRefused(issued.token, for: issued.request)
        if wasCached { observe(.invalidated, issued.key, issued.token, time: clock.time()) }
    }

    /// Records what became of a token: a server let it in, or it did not.
    ///
    /// Observers learn of it too.
    ///
    /// - Parameters:
    ///   - issued: The token.
    ///   - error: Why the server refused the token, or `nil` if it let it in.
    /// - Throws: What the recorder throws, if a record is required.
    public func recordOutcome(of issued: IssuedToken, error: (any Error)? = nil) async throws {
        try await record(error == nil ? .accepted : .refused, of: issued, error: error)
    }

    /// Records what became of a token, or counts a failure that says nothing about it.
    private func record(_ outcome: TokenOutcome, of issued: IssuedToken, error: (any Error)?) async throws {
        let time = clock.time()
        guard outcome != .notJudged else {
            return await recordUnjudged(issued.key, issued.token, at: time, error: error.map(auditCode(of:)))
        }
        let code = outcome == .refused ? error.map(auditCode(of:)) : nil
        observe(outcome == .refused ? .rejected : .accepted, issued.key, issued.token, errorCode: code, time: time)
        guard audit.recorder != nil else { return }
        if let failures = unjudged.flush(issued.request, at: time) { await record(failures, at: time) }
        let activity: TokenEvent.Activity = outcome == .refused ? .connectionRefused : .connectionAccepted
        try await audit.record(event(activity, of: issued, errorCode: code, time: time))
    }

    /// Records what a client does with a session that a token opened, such as canceling a query.
    ///
    /// - Parameters:
    ///   - activity: What the client does.
    ///   - request: What the token of the session was asked for with.
    ///   - name: The name the generator is registered under.
    ///   - error: Why it failed, or `nil` if it succeeded.
    /// - Throws: What the recorder throws, if a record is required.
    package func record(
        _ activity: TokenEvent.Activity,
        for request: AuthTokenRequest,
        from name: String,
        error: (any Error)? = nil
    ) async throws {
        guard audit.recorder != nil else { return }
        let code = error.map(auditCode(of:))
        try await audit.record(TokenEvent(activity, of: request, generator: name, errorCode: code, time: clock.time()))
    }

    /// Records that a login failed before there was a token for it.
    ///
    /// - Parameters:
    ///   - request: What the token would have been asked for with.
    ///   - name: The name the generator is registered under.
    ///   - error: Why it failed.
    package func recordFailure(of request: AuthTokenRequest, from name: String, _ error: any Error) async {
        let key = TokenKey(generator: name, request: request)
        await recordUnjudged(key, nil, at: clock.time(), error: auditCode(of: error))
    }

    /// Records the logins that failed in the last minute and are only counted so far.
    ///
    /// Logins that fail before a server judges a token have one row for each server and minute. Call this at the end of
    /// a program, before the audit log is closed, so that those of the last minute are on record too. It does nothing
    /// if there are none.
    public func recordPendingFailures() async {
        let time = clock.time()
        for failures in unjudged.flushAll() { await record(failures, at: time) }
    }

    /// Records, at most once for each server and minute, that no token was judged.
    private func recordUnjudged(_ key: TokenKey, _ token: AuthToken?, at time: Date, error code: String?) async {
        observe(.unjudged, key, token, errorCode: code, time: time)
        guard audit.recorder != nil else { return }
        let failure = UnjudgedLogins.Failures(request: key.request, generator: key.generator, errorCode: code)
        for failures in unjudged.add(failure, at: time) { await record(failures, at: time) }
    }

    private func record(_ failures: UnjudgedLogins.Failures, at time: Date) async {
        // It is about the server, not about one token.
        var event = TokenEvent(
            .connectionFailed,
            of: failures.request,
            generator: failures.generator,
            errorCode: failures.errorCode,
            time: time
        )
        event.count = failures.count
        event.actor = failures.actor
        try? await audit.record(event)
    }
}

extension AuthToken {
    /// Returns whether both are the same text, so that a server answers both alike.
    func hasSameValue(as other: AuthToken) -> Bool { value.isBytewiseEqual(to: other.value) }
}
