import RDSIAMBasics

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
    /// A token that the server refuses is thrown away. If it came from the cache, `body` is called once more with a new
    /// one, unless the new one is the same text: a server that has just refused it would do so again.
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
        let issued = try await token(from: name, for: request)
        do {
            return try await use(issued, isRefusal, discard, body)
        } catch  where issued.isFromCache && isRefusal(error) {
            let fresh = try await token(from: name, for: request)
            guard !fresh.token.hasSameValue(as: issued.token) else {
                invalidate(fresh)
                throw error
            }
            return try await use(fresh, isRefusal, discard, body)
        }
    }

    /// One attempt, put on record whether it succeeds or fails.
    private func use<Result>(
        _ issued: IssuedToken,
        _ isRefusal: (any Error) -> Bool,
        _ discard: (Result) async -> Void,
        _ body: (IssuedToken) async throws -> Result
    ) async throws -> Result {
        let result: Result
        do {
            result = try await body(issued)
        } catch {
            if isRefusal(error) { invalidate(issued) }
            // A login that failed gives no access, so the caller learns of its error, not of the record's.
            try? await recordOutcome(of: issued, error: error)
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
    ///   - error: Why the login failed, or `nil` if it succeeded.
    /// - Throws: What the recorder throws, if a record is required.
    public func recordOutcome(of issued: IssuedToken, error: (any Error)? = nil) async throws {
        let (code, time) = (error.map(auditCode(of:)), clock.time())
        observe(error == nil ? .accepted : .rejected, issued.key, issued.token, errorCode: code, time: time)
        guard audit.recorder != nil else { return }
        let activity: TokenEvent.Activity = error == nil ? .connectionAccepted : .connectionRefused
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
    public func record(
        _ activity: TokenEvent.Activity,
        for request: AuthTokenRequest,
        from name: String,
        error: (any Error)? = nil
    ) async throws {
        guard audit.recorder != nil else { return }
        let code = error.map(auditCode(of:))
        try await audit.record(TokenEvent(activity, of: request, generator: name, errorCode: code, time: clock.time()))
    }
}

extension AuthToken {
    /// Returns whether both are the same text, so that a server answers both alike.
    public func hasSameValue(as other: AuthToken) -> Bool { value.isBytewiseEqual(to: other.value) }
}
