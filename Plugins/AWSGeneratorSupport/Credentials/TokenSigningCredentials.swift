package import AWSCredentialSources
package import AWSSigV4
package import AuthTokens

#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// Credentials at the moment of signing: how long a token of theirs lives, and whose it is.
package struct TokenSigningCredentials {
    /// What the signer takes.
    package let signing: SigningCredentials
    /// What the audit log takes.
    package let identity: CredentialIdentity
    /// The moment of signing, in whole seconds as a token states it.
    package let signedAt: Date
    /// How long the token lives, in seconds: as long as it may, or as long as its credentials.
    package let lifetime: Int

    /// When the token ends.
    package var expiresAt: Date { signedAt + TimeInterval(lifetime) }

    /// The moment of signing in seconds since 1970.
    package var unixSeconds: Int64 { Int64(signedAt.timeIntervalSince1970) }

    /// Credentials with less left are renewed first, in seconds.
    private static let wanted = 900

    /// Asks a source for credentials with 15 minutes left, and takes shorter ones where there are no others.
    ///
    /// - Parameters:
    ///   - source: Renews credentials that would die sooner, once.
    ///   - lifetime: How long the token may live, in seconds.
    ///   - now: The wall clock, read once the credentials are there.
    package init(
        from source: any AWSCredentialSource,
        lifetime: Int,
        now: @Sendable () -> Date
    ) async throws {
        // Not for a week, even where the token may live that long: no source could ever keep what it has.
        let credentials = try await source.credentials(validFor: TimeInterval(min(lifetime, Self.wanted)))
        signedAt = Date(timeIntervalSince1970: now().timeIntervalSince1970.rounded(.down))
        let remaining = Self.wholeSeconds(credentials.remainingLifetime(at: signedAt))
        guard remaining >= 1 else {
            throw AWSGeneratorError(.expiredCredentials, "the AWS credentials have expired; renew them")
        }
        self.lifetime = min(lifetime, remaining)
        signing = try SigningCredentials(
            accessKeyID: credentials.accessKeyID,
            secretAccessKey: credentials.secretAccessKey,
            sessionToken: credentials.sessionToken
        )
        var identity = CredentialIdentity(credentials)
        identity.expiresAt = credentials.expiration
        self.identity = identity
    }

    private static func wholeSeconds(_ interval: TimeInterval?) -> Int {
        interval.flatMap { Int(exactly: $0.rounded(.down)) } ?? .max
    }
}
