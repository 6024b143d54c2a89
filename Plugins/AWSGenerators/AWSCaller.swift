public import AWSCredentialSources
import AWSSigV4
public import AuthTokens
import RDSIAMBasics
import RDSIAMSystem
import Synchronization

/// Finds the credentials and the region for a token: the generator's own, and what connection strings say instead.
///
/// All answers follow the keywords of ``AWSKeyword``. Make one for each generator, and share it.
public final class AWSCaller: Sendable {
    /// The environment: files, HTTP, clocks and variables.
    public let context: CredentialContext
    private let own: RefreshingCredentialSource
    private let sources: AWSCredentialSourceRegistry
    private let ownRegion: String?
    private let nameRegion: @Sendable (AuthTokenRequest) throws -> String?
    /// When credentials were last renewed since a server or a service refused them.
    private let renewals = Mutex<[Renewal: Duration]>([:])
    let signer = SigV4Signer()

    /// The source whose credentials were refused, and the user.
    ///
    /// Not the access key: an assumed role has another one after each renewal, so that there would be no pause.
    private struct Renewal: Hashable {
        let source: ObjectIdentifier
        let user: ByteText
    }

    /// How long after a renewal there is no other for the same user: most refusals have other reasons, and a user
    /// without the right to log in must not cause a call of STS at each attempt.
    private static let pause = Duration.seconds(10)
    private static let capacity = 256

    /// Creates a caller.
    ///
    /// - Parameters:
    ///   - region: The generator's own region; `nil` takes it from the host name, then from the AWS configuration.
    ///   - credentials: The generator's own source; `nil` is the default chain. One that caches nothing itself is asked
    ///     through a `RefreshingCredentialSource`: credentials without an end are then good for five minutes (those of
    ///     environment variables, static keys and programs for ever), or until their file changes or a server refuses a
    ///     token.
    ///   - sources: What connection strings may name with `aws_rds_iam_credentials`.
    ///   - context: The environment.
    ///   - hostRegion: Returns the region that a request's host name tells, or `nil`.
    public init(
        region: String? = nil,
        credentials: (any AWSCredentialSource)? = nil,
        sources: AWSCredentialSourceRegistry = .shared,
        context: CredentialContext = .system,
        hostRegion: @escaping @Sendable (AuthTokenRequest) throws -> String? = { _ in nil }
    ) {
        let source = credentials ?? AWSCredentialChain.default(context: context)
        own = .wrapping(source, context: context)
        self.sources = sources
        self.context = context
        ownRegion = region
        nameRegion = hostRegion
    }

    /// Returns the credentials for a request.
    ///
    /// - Parameters:
    ///   - request: What a token is asked for.
    ///   - lifetime: How long they should live; what lives shorter is renewed once, and returned if there is no other.
    /// - Throws: `NamedRegistryError` for an unknown source; ``AWSGeneratorError`` for settings that contradict each
    ///   other; `AWSCredentialError`. The error's `isRetryable` says whether to retry.
    public func credentials(
        for request: AuthTokenRequest,
        validFor lifetime: Duration = .zero
    ) async throws -> AWSCredentials {
        let source = try await sources.source(for: request, own: own, region: roleRegion(for: request))
        guard lifetime > .zero else { return try await source.credentials() }
        return try await source.credentials(validFor: lifetime.seconds)
    }

    /// Calls an AWS service, and calls it once more with fetched credentials if it no longer knows the cached keys.
    ///
    /// - Parameters:
    ///   - call: The call.
    ///   - body: What to send.
    ///   - request: What a token is asked for.
    /// - Returns: The answer, and the credentials that signed the call.
    /// - Throws: What ``credentials(for:validFor:)`` throws; `AWSCredentialError` if the service refuses the call or
    ///   does not answer.
    func answer(
        of call: AWSServiceCall,
        to body: [UInt8],
        for request: AuthTokenRequest
    ) async throws -> (body: [UInt8], credentials: AWSCredentials) {
        let credentials = try await credentials(for: request)
        do {
            return (try await call.answer(to: body, signedBy: credentials), credentials)
        } catch let error as AWSCredentialError where error.refusesKeys {
            keyWasRefused(credentials.accessKeyID, for: request)
            let fresh = try await self.credentials(for: request)
            guard fresh != credentials else { throw error }
            return (try await call.answer(to: body, signedBy: fresh), fresh)
        }
    }

    /// Returns the region for a request, and who names it.
    ///
    /// Asked are, in this order, the connection string, the generator, the host name and the AWS configuration.
    ///
    /// - Throws: ``AWSGeneratorError`` if the region is not known or the host cannot be signed for;
    ///   `AWSCredentialError` if an AWS configuration file is malformed. No error may be retried.
    package func region(for request: AuthTokenRequest) async throws -> SigningRegion {
        if let region = try namedRegion(for: request) { return region }
        guard let name = try await regions(for: request).region() else { throw AWSGeneratorError.noRegion }
        return SigningRegion(name: name, origin: .configuration)
    }

    /// Returns whether a token was made with the credentials and for the region that are now in use; `false` if that is
    /// not known without waiting.
    public func isCurrent(_ token: AuthToken, for request: AuthTokenRequest) -> Bool {
        guard let key = token.credential?.accessKeyID, let source = knownSource(for: request),
            source.cachedCredentials()?.accessKeyID.isBytewiseEqual(to: key) == true
        else { return false }
        return isCurrentRegion(of: token, for: request)
    }

    private func isCurrentRegion(of token: AuthToken, for request: AuthTokenRequest) -> Bool {
        let isInText = request.setting(AWSKeyword.region) != nil || ownRegion != nil
        let host = request.setting(AWSKeyword.host) ?? request.host
        let isSameHost = token.signingHost?.isBytewiseEqual(to: host) == true
        // Reading a host name takes microseconds, and the same name tells the same region as it did before.
        let origin = isInText || !isSameHost ? nil : token.regionOrigin
        if origin?.isBytewiseEqual(to: SigningRegion.Origin.hostName.description) == true { return true }
        let isConfigured = origin?.isBytewiseEqual(to: SigningRegion.Origin.configuration.description) == true
        let named = isConfigured ? nil : try? namedRegion(for: request)?.name
        guard let region = named ?? regions(for: request).cachedRegion() else { return false }
        return token.region?.isBytewiseEqual(to: region) == true
    }

    /// Lets the next caller get fetched credentials, as a server refused a token of the cached ones; at most every ten
    /// seconds for the same source and user.
    public func tokenWasRefused(_ token: AuthToken, for request: AuthTokenRequest) {
        if let key = token.credential?.accessKeyID { keyWasRefused(key, for: request) }
    }

    private func keyWasRefused(_ key: String, for request: AuthTokenRequest) {
        guard let source = knownSource(for: request) else { return }
        let renewal = Renewal(source: ObjectIdentifier(source), user: ByteText(request.user))
        let now = context.uptime()
        let isDue = renewals.withLock { renewals in
            if let last = renewals[renewal], last <= now, now - last < Self.pause { return false }
            // Odd connection strings must not fill the memory.
            if renewals.count >= Self.capacity { renewals = [:] }
            renewals[renewal] = now
            return true
        }
        if isDue { source.invalidate(accessKeyID: key) }
    }

    /// The region, unless the AWS configuration must be asked.
    private func namedRegion(for request: AuthTokenRequest) throws -> SigningRegion? {
        if let name = request.setting(AWSKeyword.region) { return SigningRegion(name: name, origin: .connectionString) }
        if let ownRegion { return SigningRegion(name: ownRegion, origin: .generator) }
        return try nameRegion(request).map { SigningRegion(name: $0, origin: .hostName) }
    }

    private func knownSource(for request: AuthTokenRequest) -> RefreshingCredentialSource? {
        sources.knownSource(for: request, own: own, region: roleRegion(for: request))
    }

    /// The region whose STS assumes a role, unless the AWS configuration names one.
    private func roleRegion(for request: AuthTokenRequest) -> String? { (try? namedRegion(for: request))?.name }

    private func regions(for request: AuthTokenRequest) -> AWSRegionChain {
        guard let profile = request.setting(AWSKeyword.profile) else { return AWSRegionChain(context: context) }
        return AWSRegionChain(profile: profile, context: sources.context)
    }
}

extension RefreshingCredentialSource {
    /// Returns the source itself if it is of this type already, so that credentials are not cached twice.
    static func wrapping(_ source: any AWSCredentialSource, context: CredentialContext) -> RefreshingCredentialSource {
        source as? RefreshingCredentialSource ?? RefreshingCredentialSource(source, context: context)
    }
}

extension CredentialIdentity {
    /// Creates the part of AWS credentials that may be written down.
    public init(_ credentials: AWSCredentials) {
        self.init(
            source: credentials.provenance.source.rawValue,
            accessKeyID: credentials.accessKeyID,
            profile: credentials.provenance.profile,
            accountID: credentials.accountID,
            roleARN: credentials.provenance.roleARN,
            expiresAt: credentials.expiration
        )
    }
}

extension AuthTokenRequest {
    /// Returns the value of a keyword; an empty one counts as none, as it does in libpq.
    func setting(_ keyword: String) -> String? {
        parameters[keyword].flatMap { $0.isEmpty ? nil : $0 }
    }
}
