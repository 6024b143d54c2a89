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

    /// Returns whether the credentials in memory, and the region that the AWS configuration names, are those of a
    /// token.
    package func isCurrent(_ token: AuthToken, for request: AuthTokenRequest) -> Bool {
        guard let ready = knownSource(for: request)?.ready, let key = token.credential?.accessKeyID,
            ready.accessKeyID.isBytewiseEqual(to: key)
        else { return false }
        // If something else names the region, it is part of the request or the generator.
        guard let reading = regions.cachedRegion(for: request) else { return !regions.areInUse }
        return token.region.map { $0.isBytewiseEqual(to: reading) } ?? false
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
