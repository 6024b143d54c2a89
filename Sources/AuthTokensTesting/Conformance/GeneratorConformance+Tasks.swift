import AuthTokens

/// Many tasks at once, and tasks that are cancelled.
extension GeneratorConformance {
    func concurrencyFaults(
        _ generator: any AuthTokenGenerator,
        _ request: AuthTokenRequest,
        _ clock: ManualClock
    ) async -> [String] {
        let now = clock.now
        let faults = await withTaskGroup(of: [String].self) { group in
            for _ in 0..<64 {
                group.addTask {
                    do {
                        let token = try await bounded { try await generator.token(for: request) }
                        return expiryFaults(of: token, at: now)
                    } catch {
                        return ["The generator throws \(type(of: error))."]
                    }
                }
            }
            return await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
        return faults.sorted().map { "Asked from 64 tasks at once: \($0)" }
    }

    /// A cancelled call may bring a token or an error, but soon.
    func cancellationFaults(_ generator: any AuthTokenGenerator, _ request: AuthTokenRequest) async -> [String] {
        do {
            try await bounded {
                let call = Task { _ = try await generator.token(for: request) }
                call.cancel()
                _ = await call.result
            }
            return []
        } catch {
            return ["Cancelled, a call does not end within \(patience)."]
        }
    }
}
