import RDSIAMBasics

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

    /// Says whose credentials the next token would be made with, without making it.
    ///
    /// ``TokenIssuer`` asks before it hands out a token it has kept: rotated credentials then change the next token. So
    /// it is asked far more often than ``token(for:)`` and answers from memory where it can.
    ///
    /// - Parameter request: What a token is asked for.
    /// - Returns: ``SigningIdentity/unknown`` by default: kept tokens are then good until they expire.
    func signingIdentity(for request: AuthTokenRequest) async throws -> SigningIdentity

    /// Hears that a server refused a token, which ``TokenIssuer/invalidate(_:)`` has just thrown away.
    ///
    /// It returns at once. A generator that fetches passwords may remember not to be content with the same one again.
    /// By default nothing happens.
    ///
    /// - Parameters:
    ///   - token: The token that was refused.
    ///   - request: What it was asked for.
    func tokenWasRefused(_ token: AuthToken, for request: AuthTokenRequest)
}

extension AuthTokenGenerator {
    /// ``SigningIdentity/unknown``, for generators without credentials that change.
    public func signingIdentity(for request: AuthTokenRequest) async throws -> SigningIdentity { .unknown }

    /// Does nothing.
    public func tokenWasRefused(_ token: AuthToken, for request: AuthTokenRequest) {}
}

/// Whose credentials a generator signs with, and for which region: what tells two tokens for the same request apart.
///
/// Nothing in it is secret.
public struct SigningIdentity: Sendable, Hashable {
    /// What names the credentials, such as the AWS access key ID, which is new with each session, or `nil` if it is not
    /// known.
    public var credential: String?
    /// The AWS region, where it may change without the request's or the generator's changing.
    public var region: String?

    /// Creates an identity.
    ///
    /// - Parameters:
    ///   - credential: What names the credentials; the same as ``CredentialIdentity/accessKeyID`` of the tokens they
    ///     make.
    ///   - region: The AWS region.
    public init(credential: String? = nil, region: String? = nil) {
        self.credential = credential
        self.region = region
    }

    /// Nothing is known, so all tokens for one request are alike.
    public static let unknown = SigningIdentity()

    /// Returns whether both texts are the same, byte by byte.
    public static func == (left: Self, right: Self) -> Bool {
        left.credential.isBytewiseEqual(to: right.credential) && left.region.isBytewiseEqual(to: right.region)
    }

    /// Hashes both texts.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(credential.map { ByteText($0) })
        hasher.combine(region.map { ByteText($0) })
    }
}

/// A registry of generators: what a connection string's `aws_rds_iam_auth_token_generator` names.
public typealias AuthTokenGeneratorRegistry = NamedRegistry<any AuthTokenGenerator>

extension NamedRegistry where Value == any AuthTokenGenerator {
    /// Creates an empty registry, whose error messages speak of generators.
    public convenience init() {
        self.init(of: "generator")
    }

    /// Creates a registry that contains `defaults`, in that order, and whose error messages speak of generators.
    ///
    /// - Parameter defaults: The names the registry starts with and returns to with `reset()`.
    public convenience init(defaults: [(name: String, build: Build)]) {
        self.init(of: "generator", defaults: defaults)
    }
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

    /// Makes a token by calling the closure.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        try await make(request)
    }
}
