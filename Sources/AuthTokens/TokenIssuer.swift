#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// Hands out tokens: looks the generator up by name, asks it, records the token, and only then returns it.
///
/// ```swift
/// let issuer = TokenIssuer(generators: generators, audit: .required(log))
/// let issued = try await issuer.token(from: "default", for: AuthTokenRequest(host: host, user: "app"))
/// ```
public struct TokenIssuer: Sendable {
    /// The generators it knows.
    public let generators: AuthTokenGeneratorRegistry
    private let audit: AuditPolicy
    private let now: @Sendable () -> Date

    /// Creates an issuer.
    ///
    /// - Parameters:
    ///   - generators: The generators it looks names up in.
    ///   - audit: Where events go, and whether a token may leave without its record.
    ///   - now: The wall clock.
    public init(
        generators: AuthTokenGeneratorRegistry,
        audit: AuditPolicy = .off,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.generators = generators
        self.audit = audit
        self.now = now
    }

    /// Makes a token and records it before it is returned.
    ///
    /// - Parameters:
    ///   - name: The name the generator is registered under.
    ///   - request: The server, the user and the parameters for the generator.
    /// - Throws: `NamedRegistryError` where no generator has that name; what the generator throws; what the recorder
    ///   throws where a record is required. A refusal is recorded too.
    public func token(from name: String, for request: AuthTokenRequest) async throws -> IssuedToken {
        let token: AuthToken
        do {
            token = try await generators.value(named: name).token(for: request)
        } catch {
            await recordRefusal(of: request, by: name, error)
            throw error
        }
        let event = TokenEvent(.issue, of: request, generator: name, token: token, time: now())
        try await audit.record(event)
        return IssuedToken(token: token, id: event.id, generator: name, request: request)
    }

    /// Records what became of a token: a server let it in, or it did not.
    ///
    /// - Parameters:
    ///   - issued: The token.
    ///   - error: Why the login failed; nil where it succeeded.
    /// - Throws: What the recorder throws, where a record is required.
    public func recordOutcome(of issued: IssuedToken, error: (any Error)? = nil) async throws {
        try await audit.record(
            TokenEvent(
                error == nil ? .connectionAccepted : .connectionRefused,
                of: issued.request,
                generator: issued.generator,
                token: issued.token,
                errorCode: error.map(auditCode(of:)),
                issueID: issued.id,
                time: now()
            )
        )
    }

    /// A refusal gives nobody access, so the caller learns of the generator's failure, not of the record's.
    private func recordRefusal(of request: AuthTokenRequest, by name: String, _ error: any Error) async {
        let code = auditCode(of: error)
        try? await audit.record(TokenEvent(.refuse, of: request, generator: name, errorCode: code, time: now()))
    }
}

/// A token on its way to a server, with the name of the event that recorded it.
public struct IssuedToken: Sendable {
    /// The token.
    public let token: AuthToken
    /// The ``TokenEvent/id`` of the event that recorded it.
    public let id: String
    /// The name the generator is registered under.
    public let generator: String
    /// What was asked for.
    public let request: AuthTokenRequest
}
