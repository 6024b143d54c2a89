package import AWSCredentialSources
package import AWSSigV4
package import AuthTokens
package import RDSIAMSystem

/// What the generators of presigned tokens have in common: for which endpoint and region, with whose credentials, from
/// when to when.
package struct PresignedTokens: Sendable {
    /// All that a token is signed with.
    package struct Order {
        /// What it is signed for.
        package let endpoint: SigningEndpoint
        /// The region.
        package let region: String
        /// Whose signature it is, and for how long.
        package let credentials: TokenSigningCredentials
        /// Signs it.
        package let signer: SigV4Signer
    }

    /// Who signs, and in which region.
    package let caller: AWSCaller
    private let now: @Sendable () -> Date
    private let signer = SigV4Signer()

    /// - Parameters:
    ///   - region: The region to sign for, unless the connection string names one.
    ///   - hostRegion: The region that an endpoint's name tells.
    ///   - credentials: Whose signature it is, unless the connection string says so.
    ///   - directory: What connection strings mean when they do.
    ///   - regions: The AWS configuration's region, for names that say nothing.
    ///   - now: The wall clock.
    package init(
        region: String?,
        hostRegion: @escaping @Sendable (SigningEndpoint) -> String?,
        credentials: any AWSCredentialSource,
        directory: AWSCredentialDirectory,
        regions: AWSRegionChain,
        now: @escaping @Sendable () -> Date
    ) {
        var context = directory.context
        context.now = now
        caller = AWSCaller(
            credentials,
            region: region,
            hostRegion: { hostRegion(try SigningEndpoint(of: $0)) },
            regions: regions,
            directory: directory,
            context: context
        )
        self.now = now
    }

    /// A token as `sign` writes it, with everything that is known of it.
    ///
    /// - Parameters:
    ///   - request: What it is for.
    ///   - lifetime: How long it may live, in seconds.
    ///   - sign: Writes it.
    package func token(
        for request: AuthTokenRequest,
        lifetime: Int,
        sign: (Order) throws -> String
    ) async throws -> AuthToken {
        let endpoint = try SigningEndpoint(of: request)
        let region = try await caller.signingRegion(for: request).name
        let source = try await caller.source(for: request)
        let credentials = try await TokenSigningCredentials(from: source, lifetime: lifetime, now: now)
        let value = try sign(Order(endpoint: endpoint, region: region, credentials: credentials, signer: signer))
        return AuthToken(
            value: value,
            kind: .signed,
            signedAt: credentials.signedAt,
            expiresAt: credentials.expiresAt,
            signingHost: endpoint.host,
            signingPort: endpoint.port,
            credential: credentials.identity,
            region: region
        )
    }
}
