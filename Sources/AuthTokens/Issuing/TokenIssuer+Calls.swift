/// The way of a token that is not at hand.
extension TokenIssuer {
    func issue(_ key: TokenKey) async throws -> IssuedToken {
        let source = try await source(of: key)
        var knowledge = TokenSlot.Knowledge.notAsked
        while true {
            try Task.checkCancellation()
            switch cache.find(key, source, knowledge) {
            case .kept(let kept): return try await reuse(kept)
            case .unsure: knowledge = await ask(source, key)
            case .underWay(let flight):
                let made = try await flight.value()
                let identity = try await source.generator.signingIdentity(for: key.request)
                if identity == made.identity { return IssuedToken(issue: made.issue, isFromCache: false) }
                knowledge = .known(identity)
            case .call(let flight, let delay):
                launch(flight, key, source, as: .issued, after: delay)
                return IssuedToken(issue: try await flight.value().issue, isFromCache: false)
            }
        }
    }

    /// Makes the call, in a task that outlives callers who give up but not its time limit.
    func launch(
        _ flight: Flight,
        _ key: TokenKey,
        _ source: TokenSource,
        as kind: TokenObservation.Kind,
        after delay: Duration = .zero
    ) {
        let start = clock.elapsed() + delay
        let limit = Task {
            do { try await clock.wait(for: delay + cache.options.timeLimit) } catch { return }
            let error = TokenIssuerError.timedOut(key.generator, cache.options.timeLimit)
            await end(flight, key, source, .failure(error), since: start)
        }
        let work = Task {
            defer { limit.cancel() }
            let outcome = await outcome(of: key, source, as: kind, after: delay)
            await end(flight, key, source, outcome, since: start)
        }
        flight.attach(work)
    }

    private func outcome(
        of key: TokenKey,
        _ source: TokenSource,
        as kind: TokenObservation.Kind,
        after delay: Duration
    ) async -> Flight.Outcome {
        do {
            if delay > .zero { try await clock.wait(for: delay) }
            return .success(try await make(key, source, as: kind))
        } catch {
            return .failure(error)
        }
    }

    /// The cache learns of the end before those who wait do, so that they find it as they left it.
    private func end(
        _ flight: Flight,
        _ key: TokenKey,
        _ source: TokenSource,
        _ outcome: Flight.Outcome,
        since start: Duration
    ) async {
        guard flight.claim() else { return }
        switch outcome {
        case .success(let made): cache.succeed(flight, key, source, with: made)
        case .failure(let error):
            cache.fail(flight, key, source)
            await recordRefusal(of: key, error, since: start)
        }
        flight.settle(outcome)
    }

    /// A refusal gives nobody access, so the caller learns of the generator's failure, not of the record's.
    private func recordRefusal(of key: TokenKey, _ error: any Error, since start: Duration) async {
        let (code, time) = (auditCode(of: error), clock.time())
        let event = TokenEvent(.refuse, of: key.request, generator: key.generator, errorCode: code, time: time)
        try? await audit.record(event)
        let duration = clock.elapsed() - start
        observer?.observe(TokenObservation(.refused, key, errorCode: code, time: time, duration: duration))
    }

    /// Looks the generator up.
    ///
    /// An unknown one is a refusal like any other, and so is one that cannot be built.
    private func source(of key: TokenKey) async throws -> TokenSource {
        let (generation, start) = (generators.generation, clock.elapsed())
        if let (generator, ticket) = generators.builtEntry(named: key.generator) {
            return TokenSource(generator: generator, ticket: ticket, generation: generation)
        }
        do {
            return try await build(key.generator, generation)
        } catch {
            // A caller that gives up is not refused.
            if !(error is CancellationError && Task.isCancelled) { await recordRefusal(of: key, error, since: start) }
            throw error
        }
    }

    /// Waits until the generator is built, but not beyond the timeout, after which the build goes on.
    private func build(_ name: String, _ generation: UInt64) async throws -> TokenSource {
        try await withThrowingTaskGroup(of: TokenSource.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                let (generator, ticket) = try await generators.entry(named: name)
                return TokenSource(generator: generator, ticket: ticket, generation: generation)
            }
            group.addTask {
                try await clock.wait(for: cache.options.timeLimit)
                throw TokenIssuerError.buildTimedOut(name, cache.options.timeLimit)
            }
            guard let source = try await group.next() else { throw CancellationError() }
            return source
        }
    }

    private func ask(_ source: TokenSource, _ key: TokenKey) async -> TokenSlot.Knowledge {
        do { return .known(try await source.generator.signingIdentity(for: key.request)) } catch { return .unanswered }
    }

    private func make(_ key: TokenKey, _ source: TokenSource, as kind: TokenObservation.Kind) async throws -> MadeToken
    {
        let start = clock.elapsed()
        let before = await ask(source, key).identity
        let token = try await source.generator.token(for: key.request).made(by: key.generator)
        let after = await ask(source, key).identity
        let time = clock.now()
        guard time.isOnCalendar else { throw TokenIssuerError.noTime() }
        guard token.expiresAt > time else { throw TokenIssuerError.expired(key.generator) }
        let event = TokenEvent(.issue, of: key.request, generator: key.generator, token: token, time: time)
        try await audit.record(event)
        let duration = clock.elapsed() - start
        observer?.observe(TokenObservation(kind, key, token: token, time: time, duration: duration))
        return MadeToken(
            issue: Issue(token: token, id: event.id, key: key),
            identity: Self.signer(of: token, before: before, after: after)
        )
    }

    /// Who signed, as the credentials may have been rotated or the region moved meanwhile; nil where nobody can say.
    private static func signer(
        of token: AuthToken,
        before: SigningIdentity?,
        after: SigningIdentity?
    ) -> SigningIdentity? {
        if before == after, after?.credential == nil { return after }
        guard let signed = token.credential?.accessKeyID else { return before == after ? after : nil }
        return [after, before].lazy.compactMap { $0 }
            .first { identity in
                // With a region that the identity leaves open, only the credential counts.
                let region = identity.region == nil ? nil : token.region
                return identity == SigningIdentity(credential: signed, region: region)
            }
    }
}
