public import AWSCredentialSources
public import AuthTokens
import RDSIAMBasics
import RDSIAMSystem
import Synchronization

/// Takes users and passwords out of AWS Secrets Manager.
///
/// The secret's text is a JSON object with a user and a password, as Secrets Manager's own rotation functions write it.
/// When a server refuses a password, the secret is fetched again, with growing pauses while Secrets Manager still
/// returns the refused password: a rotation changes the database first and the secret a little later. See the Secrets
/// Manager API Reference, "GetSecretValue".
public final class SecretsManagerGenerator: AuthTokenGenerator {
    private let secretID: String
    private let options: SecretsManagerOptions
    private let caller: AWSCaller
    private let context: CredentialContext
    /// The password that was refused last.
    private let refused = Mutex<String?>(nil)

    /// Creates a generator.
    ///
    /// - Parameters:
    ///   - secretID: The secret's name or ARN.
    ///   - options: Field names, region, how long a password is kept and how long a rotation is waited for.
    ///   - credentials: Whose call it is, unless the connection string says so.
    ///   - directory: What the connection string means by `aws_rds_iam_credentials`, `aws_rds_iam_profile` and
    ///     `aws_rds_iam_role_arn`.
    ///   - context: The environment: HTTP, clock, sleep and endpoint settings.
    public init(
        secretID: String,
        options: SecretsManagerOptions = .standard,
        credentials: any AWSCredentialSource = .default,
        directory: AWSCredentialDirectory = .shared,
        context: CredentialContext = .system
    ) {
        self.secretID = secretID
        self.options = options
        self.context = context
        caller = AWSCaller(
            credentials,
            region: options.region ?? Self.region(inARN: secretID),
            hostRegion: { _ in nil },
            regions: AWSRegionChain(context: context),
            directory: directory,
            context: context
        )
    }

    /// Gives the secret a name for connection strings.
    ///
    /// - Throws: `NamedRegistryError` where the name is taken.
    public func register(as name: String, in registry: AuthTokenGeneratorRegistry) throws {
        try registry.add(name) { self }
    }

    /// Fetches the secret.
    ///
    /// - Throws: `NamedRegistryError` if `aws_rds_iam_credentials` names no source; `AWSCredentialError` with AWS's
    ///   code and request ID; ``SecretsManagerError`` if the secret is not what it should be; `AWSGeneratorError` if
    ///   the region is not known; `SigV4Error` if the clock answers no time. The error's `isRetryable` says whether to
    ///   retry.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        let (start, refused) = (context.uptime(), refused.withLock { $0 })
        var pause = Duration.seconds(1)
        while true {
            let token = try await fetch(for: request)
            let waited = context.uptime() - start
            guard let refused, token.value.isBytewiseEqual(to: refused), waited + pause <= options.rotationPatience
            else { return token }
            try await context.sleep(pause)
            pause = min(pause * 2, .seconds(30))
        }
    }

    /// Returns whether the token was fetched with the credentials and in the region that are now in use.
    public func isCurrent(_ token: AuthToken, for request: AuthTokenRequest) -> Bool {
        caller.isCurrent(token, for: request)
    }

    /// Remembers the password as one not to be content with.
    public func tokenWasRefused(_ token: AuthToken, for request: AuthTokenRequest) {
        refused.withLock { $0 = token.value }
    }

    private func fetch(for request: AuthTokenRequest) async throws -> AuthToken {
        let region = try await caller.signingRegion(for: request)
        let credentials = try await caller.source(for: request).credentials()
        let now = try context.signingDate()
        let call = AWSServiceCall(
            AWSService("secretsmanager", settingName: "SECRETS_MANAGER", plainIsDualStack: true),
            "GetSecretValue",
            format: .json(target: "secretsmanager"),
            region: region.name,
            context: context
        )
        let body = try JSONValue.encode(["SecretId": secretID])
        let secret = try Secret(try await call.answer(to: body, signedBy: credentials), options)
        return AuthToken(
            value: secret.password,
            signedAt: now,
            expiresAt: nil,
            reusableUntil: now + options.lifetime.seconds,
            credential: CredentialIdentity(credentials),
            region: region.name,
            user: secret.user
        )
    }

    /// `arn:aws:secretsmanager:eu-west-2:111122223333:secret:name` names its region.
    private static func region(inARN secretID: String) -> String? {
        let parts = secretID.splitBytes(separator: ":", omittingEmptySubsequences: false)
        return parts.count > 6 && parts[0].isBytewiseEqual(to: "arn") && !parts[3].isEmpty ? parts[3] : nil
    }
}

/// How a secret is read.
public struct SecretsManagerOptions: Sendable, Hashable {
    /// The member of the secret's JSON object that holds the user.
    public var userField = "username"
    /// The member that holds the password.
    public var passwordField = "password"
    /// The region; nil takes it from the connection string, the secret's ARN or the AWS configuration.
    public var region: String?
    /// How long a password is kept before the secret is fetched again.
    public var lifetime: Duration = .seconds(870)
    /// How long a password other than the one a server has refused is waited for.
    public var rotationPatience: Duration = .seconds(10)

    /// The standard options.
    public init() {}

    /// The standard options.
    public static let standard = Self()
}
