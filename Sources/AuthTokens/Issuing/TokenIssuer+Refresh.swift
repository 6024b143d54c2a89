extension TokenIssuer {
    /// How many tokens are renewed at the same time.
    private static let width = 8

    /// Renews kept tokens ahead of their expiry until the task is cancelled, so that nobody waits for a new one.
    ///
    /// Running it is optional. Tokens that have not been asked for since they were made are left to expire. A renewal
    /// that fails is recorded as a refusal; the cached token stays, and the renewal is tried again after the next
    /// request for the token.
    ///
    /// A ServiceLifecycle group can own it, which takes what a service throws at the end for a failure; so it throws
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
    func renew() async {
        await withTaskGroup(of: Void.self) { group in
            for (index, key) in cache.due().enumerated() {
                if index >= Self.width { await group.next() }
                group.addTask { await renew(key) }
            }
        }
    }

    private func renew(_ key: TokenKey) async {
        guard let (flight, source) = cache.renewal(of: key) else { return }
        launch(flight, key, source, as: .refreshed)
        _ = try? await flight.value()
    }
}
