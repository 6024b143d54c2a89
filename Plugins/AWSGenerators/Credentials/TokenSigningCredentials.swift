package import AWSCredentialSources
package import AWSSigV4
package import AuthTokens
package import RDSIAMSystem

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

    /// The moment of signing in seconds since 1970-01-01T00:00:00Z.
    package let unixSeconds: Int64

    /// Credentials with less left are renewed first, in seconds.
    private static let wanted = 900

    /// Asks a source for credentials with 15 minutes left, and takes shorter ones if there are no others.
    ///
    /// - Parameters:
    ///   - source: Renews credentials that would die sooner, once.
    ///   - lifetime: How long the token may live, in seconds.
    ///   - now: The wall clock, read after the credentials have come.
    /// - Throws: What the source throws; `AWSGeneratorError` if the credentials have expired; `SigV4Error` if they are
    ///   malformed or the clock answers a time that cannot be signed.
    package init(
        from source: any AWSCredentialSource,
        lifetime: Int,
        now: @Sendable () -> Date
    ) async throws {
        // Not for a week, even if the token may live that long: no source could ever keep what it has.
        let credentials = try await source.credentials(validFor: TimeInterval(min(lifetime, Self.wanted)))
        unixSeconds = try SigningTime(secondsSince1970: now().timeIntervalSince1970).unixSeconds
        signedAt = Date(timeIntervalSince1970: TimeInterval(unixSeconds))
        let remaining = Self.wholeSeconds(credentials.remainingLifetime(at: signedAt))
        guard remaining >= 1 else {
            throw AWSGeneratorError(.expiredCredentials, "The AWS credentials have expired. Renew them.")
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

    /// The seconds that are left, rounded down: 0 if the end is past or not a number, the largest number if there is no
    /// end.
    private static func wholeSeconds(_ interval: TimeInterval?) -> Int {
        guard let interval else { return .max }
        guard interval >= 1 else { return 0 }
        return Int(exactly: interval.rounded(.down)) ?? .max
    }
}
