import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import Synchronization

/// What the look-ups look up.
struct World: Sendable {
    private let generators: AuthTokenGeneratorRegistry
    private let issuer: TokenIssuer
    private let auditedIssuer: TokenIssuer
    private let request = AuthTokenRequest(
        host: "mydb.cluster-cabcdefghijk.eu-central-1.rds.amazonaws.com",
        user: "app_iam_user",
        database: "blog"
    )
    private let dictionary = LockedDictionary()

    private var namedRequest: AuthTokenRequest {
        var request = request
        request.parameters = [AWSKeyword.credentials: "role"]
        return request
    }

    init() async throws {
        let (role, sources) = (Signing.role, AWSCredentialSourceRegistry())
        try sources.add("role") { role }
        generators = AuthTokenGeneratorRegistry([
            .init("plain") { ClosureTokenGenerator { _ in Signing.made() } }, .init("signing") { Signing() },
            .init("rds") { RDSGenerator(credentials: .refreshing(role), sources: sources) },
            .init("rds-static") { RDSGenerator(credentials: .static(try await role.credentials()), sources: sources) },
        ])
        issuer = TokenIssuer(generators: generators)
        auditedIssuer = TokenIssuer(generators: generators, audit: .required(Forgetful()))
        for name in generators.names { _ = try await issuer.token(from: name, for: request) }
        _ = try await auditedIssuer.token(from: "signing", for: request)
    }

    func peer(_ count: Int) async throws -> Int {
        var sum = 0
        for _ in 0..<count { sum &+= dictionary.value(request.host) ?? 0 }
        return sum
    }

    func look(_ count: Int) async throws -> Int {
        var sum = 0
        for _ in 0..<count {
            let generator = try await generators.value(named: "signing")
            withExtendedLifetime(generator) { sum &+= 1 }
        }
        return sum
    }

    func glance(_ count: Int) async throws -> Int {
        var sum = 0
        for _ in 0..<count where generators.builtValue(named: "signing") != nil { sum &+= 1 }
        return sum
    }

    func hand(out count: Int, _ name: String) async throws -> Int {
        var sum = 0
        for _ in 0..<count { sum &+= try await issuer.token(from: name, for: request).token.value.utf8.count }
        return sum
    }

    func named(_ count: Int) async throws -> Int {
        let request = namedRequest
        var sum = 0
        for _ in 0..<count { sum &+= try await issuer.token(from: "rds", for: request).token.value.utf8.count }
        return sum
    }

    func audited(_ count: Int) async throws -> Int {
        var sum = 0
        for _ in 0..<count {
            sum &+= try await auditedIssuer.token(from: "signing", for: request).token.value.utf8.count
        }
        return sum
    }
}

/// A generator that says who signs.
private struct Signing: AuthTokenGenerator {
    func token(for request: AuthTokenRequest) async throws -> AuthToken { Self.made() }

    func isCurrent(_ token: AuthToken, for request: AuthTokenRequest) -> Bool {
        token.credential?.accessKeyID == "ASIAABCDEFGHIJKLMNOP"
    }

    /// Temporary credentials, as a role has them.
    static let role = CustomCredentialSource(.assumeRole) {
        AWSCredentials(
            accessKeyID: "ASIAABCDEFGHIJKLMNOP",
            secretAccessKey: String(repeating: "s", count: 40),
            sessionToken: String(repeating: "t", count: 900),
            expiration: Date() + 6 * 3600,
            provenance: .init(source: .assumeRole)
        )
    }

    /// As long as RDS tokens are.
    static func made() -> AuthToken {
        AuthToken(
            value: String(repeating: "x", count: 1500),
            kind: .signed,
            signedAt: Date(),
            expiresAt: Date() + 900,
            credential: CredentialIdentity(source: "static", accessKeyID: "ASIAABCDEFGHIJKLMNOP")
        )
    }
}

private struct Forgetful: TokenAuditRecorder {
    func record(_ event: TokenEvent) async throws {}
}

/// The simplest cache there is.
private final class LockedDictionary: Sendable {
    private let values = Mutex([
        "mydb.cluster-cabcdefghijk.eu-central-1.rds.amazonaws.com": 1, "another.example.com": 2,
    ])

    func value(_ key: String) -> Int? { values.withLock { $0[key] } }
}
