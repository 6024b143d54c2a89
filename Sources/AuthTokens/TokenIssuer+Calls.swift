import RDSIAMBasics
import RDSIAMSystem

/// The way of a token that is not cached.
extension TokenIssuer {
    /// How many tokens are renewed at the same time.
    private static let width = 8

    /// Makes a call, in a task that outlives callers who give up but not its timeout.
    func launch(_ call: TokenCall, _ key: TokenKey, _ source: TokenSource, as kind: TokenObservation.Kind) {
        let start = clock.elapsed() + call.delay
        // All timeouts expire in one task, that of the caller who began the first.
        let actor = TokenEvent.LocalProcess.current
        let timeout = timeouts.start(after: call.delay + cache.options.timeout) {
            let error = TokenIssuerError.timedOut(key.generator, cache.options.timeout)
            TokenEvent.LocalProcess.$current.withValue(actor) {
                _ = Task { await end(call, key, .failure(error), since: start) }
            }
        }
        let work = Task {
            let outcome = await outcome(of: call, key, source, as: kind)
            timeouts.stop(timeout)
            await end(call, key, outcome, since: start)
        }
        call.attach(work)
    }

    private func outcome(
        of call: TokenCall,
        _ key: TokenKey,
        _ source: TokenSource,
        as kind: TokenObservation.Kind
    ) async -> TokenCall.Outcome {
        do {
            if call.delay > .zero { try await clock.wait(for: call.delay) }
            return .success(try await make(key, source, as: kind))
        } catch {
            return .failure(error)
        }
    }

    /// The cache learns of the end before those who wait do, so that they find it as they left it.
    private func end(_ call: TokenCall, _ key: TokenKey, _ outcome: TokenCall.Outcome, since start: Duration) async {
        guard call.claim() else { return }
        switch outcome {
        case .success(let issued): cache.succeed(call, with: issued)
        case .failure(let error):
            cache.fail(call, key)
            await recordRefusal(of: key, error, since: start)
        }
        call.settle(outcome)
    }

    private func make(
        _ key: TokenKey,
        _ source: TokenSource,
        as kind: TokenObservation.Kind
    ) async throws
        -> IssuedToken
    {
        let start = clock.elapsed()
        var token = try await newToken(key, source)
        token.generator = key.generator
        let time = clock.now()
        guard time.isOnCalendar else { throw TokenIssuerError.noTime() }
        if let end = token.expiresAt, end <= time { throw TokenIssuerError.expired(key.generator) }
        let event = TokenEvent(.issue, of: key.request, generator: key.generator, token: token, time: time)
        try await audit.record(event)
        observe(kind, key, token, time: time, duration: clock.elapsed() - start)
        return IssuedToken(token: token, id: event.id, key: key, isFromCache: false)
    }

    /// Asks the generator, and once more if it answers with the signed token that a server has just refused.
    ///
    /// A signature states its time in whole seconds, so the same token comes again within one second.
    private func newToken(_ key: TokenKey, _ source: TokenSource) async throws -> AuthToken {
        let token = try await source.generator.token(for: key.request)
        guard token.kind == .signed, let refused = cache.refused(key), token.hasSameValue(as: refused) else {
            return token
        }
        let rest = token.signedAt.timeIntervalSince(clock.time()) + 1
        try await clock.wait(for: .seconds(min(max(0, rest), 1)))
        return try await source.generator.token(for: key.request)
    }

    /// A refusal gives no access, so the caller learns of the generator's failure, not of the record's.
    func recordRefusal(of key: TokenKey, _ error: any Error, since start: Duration) async {
        let (code, time) = (auditCode(of: error), clock.time())
        let event = TokenEvent(.refuse, of: key.request, generator: key.generator, errorCode: code, time: time)
        try? await audit.record(event)
        observe(.refused, key, errorCode: code, time: time, duration: clock.elapsed() - start)
    }
}

// Generators that are not built yet.
extension TokenIssuer {
    /// Looks a generator up that has not been built yet.
    ///
    /// An unknown one is a refusal like any other, and so is one that cannot be built.
    func source(of key: TokenKey) async throws -> TokenSource {
        let start = clock.elapsed()
        do {
            return try await build(key.generator)
        } catch {
            // A caller that gives up is not refused.
            if !(error is CancellationError && Task.isCancelled) { await recordRefusal(of: key, error, since: start) }
            throw error
        }
    }

    /// Waits until the generator is built, but not beyond the timeout, after which the build goes on.
    private func build(_ name: String) async throws -> TokenSource {
        try Task.checkCancellation()
        let promise = Promise<TokenSource>()
        let timeout = timeouts.start(after: cache.options.timeout) {
            promise.settle(.failure(TokenIssuerError.buildTimedOut(name, cache.options.timeout)))
        }
        let work = Task {
            do { promise.settle(.success(try await generators.source(named: name))) } catch {
                promise.settle(.failure(error))
            }
        }
        defer {
            timeouts.stop(timeout)
            work.cancel()
        }
        return try await promise.value()
    }
}

// Renewal ahead of expiry.
extension TokenIssuer {
    /// Renews cached tokens ahead of their expiry until the task is canceled, so that no caller waits for a new one.
    ///
    /// Running it is optional. Tokens that have not been asked for since they were made are left to expire. A renewal
    /// that fails is recorded as a refusal; the cached token stays, and the renewal is tried again after the next
    /// request for the token.
    ///
    /// A ServiceLifecycle group can own it. What a service throws at the end counts as a failure there, so it throws
    /// nothing:
    ///
    /// ```swift
    /// struct TokenRenewal: Service {
    ///     let issuer: TokenIssuer
    ///     func run() async { await cancelWhenGracefulShutdown { await issuer.run() } }
    /// }
    /// ```
    public func run() async {
        while (try? await clock.wait(for: cache.options.refreshInterval)) != nil, !Task.isCancelled {
            await renew()
        }
    }

    /// Renews what is due now, a few at a time.
    private func renew() async {
        await withTaskGroup(of: Void.self) { group in
            for (index, key) in cache.due().enumerated() {
                if index >= Self.width { await group.next() }
                group.addTask { await renew(key) }
            }
        }
    }

    private func renew(_ key: TokenKey) async {
        guard let source = generators.builtSource(named: key.generator), let call = cache.renewal(of: key, source)
        else { return }
        launch(call, key, source, as: .refreshed)
        _ = try? await call.value()
    }
}
