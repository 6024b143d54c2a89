import AuthTokens
import RDSIAMBasics
import RDSIAMSystem

// How long tokens live, and what they say about it.
extension GeneratorConformance {
    /// Servers' clocks differ, and some times are whole seconds.
    private static let tolerance: TimeInterval = 1

    func expiryFaults(of token: AuthToken, at now: Date) -> [String] {
        var faults: [String] = []
        if token.value.isEmpty { faults.append("A token is empty.") }
        if token.expiresAt <= now { faults.append("A token has expired when it comes.") }
        if token.signedAt > now + Self.tolerance { faults.append("A token says that it was signed in the future.") }
        if token.expiresAt <= token.signedAt { faults.append("A token expires before it is signed.") }
        if token.expiresAt.timeIntervalSince(token.signedAt) > longestLife.seconds {
            faults.append("A token claims to live longer than \(longestLife).")
        }
        if let end = token.credential?.expiresAt, token.expiresAt > end + Self.tolerance {
            faults.append("A token claims to outlive its credentials.")
        }
        return faults
    }

    func freshnessFaults(
        _ generator: any AuthTokenGenerator,
        _ request: AuthTokenRequest,
        after first: AuthToken,
        _ clock: ManualClock
    ) async throws -> [String] {
        let left = first.expiresAt.timeIntervalSince(clock.now)
        guard left <= longestLife.seconds else { return [] }
        clock.advance(by: .seconds(max(0, left) + 1))
        do {
            let second = try await bounded { try await generator.token(for: request) }
            return expiryFaults(of: second, at: clock.now).map { "After the first token's expiry: \($0)" }
        } catch {
            return ["After the first token's expiry the generator throws \(type(of: error))."]
        }
    }
}

// Many tasks at once, and canceled tasks.
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
        return faults.sorted().map { "Called from 64 tasks at once: \($0)" }
    }

    /// A canceled call may return a token or throw an error, but soon.
    func cancellationFaults(_ generator: any AuthTokenGenerator, _ request: AuthTokenRequest) async -> [String] {
        do {
            try await bounded {
                let call = Task { _ = try await generator.token(for: request) }
                call.cancel()
                _ = await call.result
            }
            return []
        } catch {
            return ["A canceled call does not end within \(timeout)."]
        }
    }
}

// What gets printed.
extension GeneratorConformance {
    func secrecyFaults(
        _ generator: any AuthTokenGenerator,
        _ request: AuthTokenRequest,
        _ token: AuthToken
    ) async -> [String] {
        var faults: [String] = []
        let hidden = Self.writtenForms(of: secrets + [token.value])
        if Self.printsAny(of: hidden, generator) {
            faults.append("The generator's description or dump holds a secret.")
        }
        let identity = try? await generator.signingIdentity(for: request)
        let origin = [token.credential as Any, token.region as Any, token.user as Any, identity as Any]
        if Self.printsAny(of: hidden, origin) {
            faults.append("What a token says about its origin holds a secret.")
        }
        if let failing { faults += await errorFaults(failing, request, hidden) }
        return faults
    }

    private func errorFaults(_ failing: Make, _ request: AuthTokenRequest, _ hidden: [String]) async -> [String] {
        do {
            let generator = try await failing(ManualClock())
            _ = try await bounded { try await generator.token(for: request) }
            return ["The generator that was made to fail made a token."]
        } catch {
            let code = (error as? any AuditableError)?.auditCode ?? ""
            return Self.printsAny(of: hidden, error) || hidden.contains(where: code.containsBytes)
                ? ["An error holds a secret."] : []
        }
    }

    /// The secrets as they are, and with the escapes that `dump` writes for quotes and control characters.
    private static func writtenForms(of secrets: [String]) -> [String] {
        secrets.filter { !$0.isEmpty }.flatMap { [$0, String(String(reflecting: $0).dropFirst().dropLast())] }
    }

    private static func printsAny(of secrets: [String], _ value: Any) -> Bool {
        var texts = [String(describing: value), String(reflecting: value), ""]
        dump(value, to: &texts[2])
        // By bytes: a combining mark after a secret does not hide it.
        return secrets.contains { secret in texts.contains { $0.containsBytes(secret) } }
    }
}
