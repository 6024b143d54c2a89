import AuthTokens
import Foundation

/// Passwords of an imaginary in-house service, which are valid for five minutes.
public struct HouseTokens: AuthTokenGenerator {
    private let now: @Sendable () -> Date

    /// Creates a generator.
    public init(now: @escaping @Sendable () -> Date = { Date() }) { self.now = now }

    /// Makes a password.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        let word = request.parameters["house_word"] ?? "none"
        let value = "house:\(request.user)@\(request.host):\(word):\(UInt64.random(in: 0 ... .max))"
        return AuthToken(value: value, signedAt: now(), expiresAt: now() + 300)
    }

    /// Registers the generator as `house`, with the keyword `house_word`.
    public static func register(in registry: AuthTokenGeneratorRegistry) throws {
        try registry.add("house", keywords: ["house_word"]) { HouseTokens() }
    }
}
