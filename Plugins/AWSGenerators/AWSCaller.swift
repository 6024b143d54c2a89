package import AWSCredentialSources
package import AWSSigV4
package import AuthTokens
import RDSIAMBasics
package import RDSIAMSystem

/// Whose credentials a generator uses, and in which region: its own settings, and what connection strings say instead.
///
/// A class, as a struct's members would be retained one by one each time a cached token is returned.
package final class AWSCaller: Sendable {
    private let own: SigningSource
    private let directory: AWSCredentialDirectory
    private let region: String?
    private let hostRegion: @Sendable (AuthTokenRequest) throws -> String?
    private let regions: ConfiguredRegions

    /// - Parameters:
    ///   - credentials: The generator's own credentials.
    ///   - region: The generator's own region.
    ///   - hostRegion: The region that the host's name tells.
    ///   - regions: The AWS configuration's region, for names that say nothing.
    ///   - directory: What connection strings may ask for.
    ///   - context: The clocks to go by.
    package init(
        _ credentials: any AWSCredentialSource,
        region: String?,
        hostRegion: @escaping @Sendable (AuthTokenRequest) throws -> String?,
        regions: AWSRegionChain,
        directory: AWSCredentialDirectory,
        context: CredentialContext
    ) {
        own = SigningSource(credentials, context: context)
        self.region = region
        self.hostRegion = hostRegion
        self.regions = ConfiguredRegions(regions, directory, uptime: context.uptime)
        self.directory = directory
    }

    /// The source of credentials for a request.
    ///
    /// - Throws: `NamedRegistryError` for an unknown name; what building the source throws; `AWSGeneratorError` for
    ///   settings that contradict each other.
    package func source(for request: AuthTokenRequest) async throws -> any AWSCredentialSource {
        try await signingSource(for: request)
    }

    /// The region for a request, and who named it.
    package func signingRegion(for request: AuthTokenRequest) async throws -> SigningRegion {
        try await SigningRegion(
            of: request,
            generator: region,
            hostName: hostRegion(request),
            configuration: { [regions] in try await regions.region(for: request) }
        )
    }

    /// The access key that the next token would be signed with, and the region where the AWS configuration names it, so
    /// that a change of either changes the next token.
    package func signingIdentity(for request: AuthTokenRequest) async throws -> SigningIdentity {
        let credentials = try await signingSource(for: request).credentials()
        var identity = SigningIdentity(credential: credentials.accessKeyID)
        // Who else names the region is part of the request or the generator.
        if regions.areInUse {
            let region = try await signingRegion(for: request)
            if region.origin == .configuration { identity.region = region.name }
        }
        return identity
    }

    /// Records that a server refused a token, so that its credentials are looked at again before the next one.
    package func tokenWasRefused(_ token: AuthToken, for request: AuthTokenRequest) {
        knownSource(for: request)?.tokenWasRefused(token)
    }

    private func signingSource(for request: AuthTokenRequest) async throws -> SigningSource {
        if let known = knownSource(for: request) { return known }
        return try await directory.source(for: request, own: own)
    }

    private func knownSource(for request: AuthTokenRequest) -> SigningSource? {
        request.parameters.isEmpty ? own : directory.knownSource(for: request, own: own)
    }
}

extension AWSCaller: PromptSigner {
    package func isStill(_ identity: SigningIdentity, for request: AuthTokenRequest) -> Bool {
        guard !regions.areInUse, let ready = knownSource(for: request)?.ready else { return false }
        guard let key = identity.credential, identity.region == nil else { return false }
        return ready.accessKeyID.isBytewiseEqual(to: key)
    }
}

extension CredentialContext {
    /// Reads the wall clock.
    ///
    /// - Throws: `SigV4Error` if it answers a time that no signature can state, or no number.
    package func signingDate() throws(SigV4Error) -> Date {
        let date = now()
        _ = try SigningTime(secondsSince1970: date.timeIntervalSince1970)
        return date
    }
}
