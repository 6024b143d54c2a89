import AuthTokens

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// How long tokens live, and what they say about it.
extension GeneratorConformance {
    /// Servers' clocks and whole seconds leave this much room.
    private static let tolerance: TimeInterval = 1

    func expiryFaults(of token: AuthToken, at now: Date) -> [String] {
        var faults: [String] = []
        if token.value.isEmpty { faults.append("A token is empty.") }
        if token.expiresAt <= now { faults.append("A token has expired when it comes.") }
        if token.signedAt > now + Self.tolerance { faults.append("A token says that it was signed in the future.") }
        if token.expiresAt <= token.signedAt { faults.append("A token expires before it is signed.") }
        if token.expiresAt.timeIntervalSince(token.signedAt) > TimeInterval(longestLife.components.seconds) {
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
        guard left <= TimeInterval(longestLife.components.seconds) else { return [] }
        clock.advance(by: .seconds(max(0, left) + 1))
        do {
            let second = try await bounded { try await generator.token(for: request) }
            return expiryFaults(of: second, at: clock.now).map { "After the first token's expiry: \($0)" }
        } catch {
            return ["After the first token's expiry the generator throws \(type(of: error))."]
        }
    }
}
