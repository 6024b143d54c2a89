/// Makes the token for one user on one server: the plugin point of this package.
///
/// A generator signs, fetches or computes a password each time it is asked. It need not cache, count, retry or record:
/// ``TokenIssuer`` does that for all generators alike. It may be asked from many tasks at once.
///
/// ```swift
/// struct VaultGenerator: AuthTokenGenerator {
///     func token(for request: AuthTokenRequest) async throws -> AuthToken {
///         let password = try await vault.databasePassword(user: request.user)
///         return AuthToken(value: password, signedAt: Date(), expiresAt: Date() + 300)
///     }
/// }
/// ```
///
/// What it throws reaches the caller as it is and its kind goes into the audit log, so an error's description must
/// never hold a secret. Conform errors to ``AuditableError`` to choose the code that is recorded.
public protocol AuthTokenGenerator: Sendable {
    /// Makes a token that is valid now.
    ///
    /// - Parameter request: The server, the user and the connection string's parameters for generators.
    func token(for request: AuthTokenRequest) async throws -> AuthToken
}

/// A registry of generators: what a connection string's `aws_rds_iam_auth_token_generator` names.
public typealias AuthTokenGeneratorRegistry = NamedRegistry<any AuthTokenGenerator>

/// A generator made of a closure, for those that need no type of their own.
public struct ClosureTokenGenerator: AuthTokenGenerator {
    private let make: @Sendable (AuthTokenRequest) async throws -> AuthToken

    /// Creates a generator that answers with what `make` returns.
    ///
    /// - Parameter make: Makes a token that is valid now. It may run in many tasks at once.
    public init(_ make: @escaping @Sendable (AuthTokenRequest) async throws -> AuthToken) {
        self.make = make
    }

    /// Makes a token by calling the closure.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        try await make(request)
    }
}
