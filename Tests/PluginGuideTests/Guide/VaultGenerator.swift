import AuthTokens
import Foundation

struct VaultGenerator: AuthTokenGenerator {
    var now: @Sendable () -> Date = { Date() }
    var read: @Sendable (_ role: String) async throws -> (user: String, password: String)

    func token(for request: AuthTokenRequest) async throws -> AuthToken {
        let lease = try await read(request.parameters["vault_role"] ?? request.user)
        return AuthToken(value: lease.password, signedAt: now(), expiresAt: now() + 3600, user: lease.user)
    }
}
