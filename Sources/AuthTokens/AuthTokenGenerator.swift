public import RDSIAMSystem

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

    /// Returns whether a cached token is still what this generator would make: with the same credentials, for the same
    /// region.
    ///
    /// ``TokenIssuer`` asks each time before it returns a cached token, so that rotated credentials change the next
    /// token. Answer from memory, at once, without I/O. If the answer is not known without waiting, return `false`: a
    /// new token is then made. By default it is `true`: a cached token is good until it expires.
    ///
    /// - Parameters:
    ///   - token: A token that this generator made for the same request.
    ///   - request: What a token is asked for.
    func isCurrent(_ token: AuthToken, for request: AuthTokenRequest) -> Bool

    /// Takes note that a server refused a token, which ``TokenIssuer/invalidate(_:)`` has just thrown away.
    ///
    /// Return at once. A generator that fetches passwords may store the token here in order not to return the same one
    /// again. By default nothing happens.
    ///
    /// - Parameters:
    ///   - token: The token that was refused.
    ///   - request: What it was asked for.
    func tokenWasRefused(_ token: AuthToken, for request: AuthTokenRequest)
}

extension AuthTokenGenerator {
    /// Returns `true`, for generators without credentials that change.
    public func isCurrent(_ token: AuthToken, for request: AuthTokenRequest) -> Bool { true }

    /// Does nothing.
    public func tokenWasRefused(_ token: AuthToken, for request: AuthTokenRequest) {}
}

/// A generator made of a closure, for those that need no type of their own.
public struct ClosureTokenGenerator: AuthTokenGenerator {
    private let make: @Sendable (AuthTokenRequest) async throws -> AuthToken

    /// Creates a generator that answers with what `make` returns.
    ///
    /// - Parameter make: Makes a token that is valid now. It may run in many tasks at once.
    public init(_ make: @escaping @Sendable (AuthTokenRequest) async throws -> AuthToken) {
        self.make = make
    }

    /// Creates a generator whose tokens are the passwords that `password` returns.
    ///
    /// - Parameters:
    ///   - lifetime: How long a server accepts a password from the moment in which the closure is called.
    ///   - now: The wall clock.
    ///   - password: Makes a password that is valid now. It may run in many tasks at once.
    public init(
        lifetime: Duration,
        now: @escaping @Sendable () -> Date = { Date() },
        password: @escaping @Sendable (AuthTokenRequest) async throws -> String
    ) {
        make = { request in
            let start = now()
            let value = try await password(request)
            return AuthToken(value: value, signedAt: start, expiresAt: start + lifetime.clampedSpan.seconds)
        }
    }

    /// Makes a token by calling the closure.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        try await make(request)
    }
}
