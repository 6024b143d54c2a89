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
public final class SecretsManagerGenerator: AWSTokenGenerator {
    /// The name that the generator goes by.
    public static let name = "secrets-manager"

    /// Finds credentials and region.
    public let caller: AWSCaller
    private let secretID: String?
    private let options: SecretsManagerOptions
    private let lifetime: Duration
    /// The password of each secret that was refused last.
    private let refused = Mutex<[ByteText: String]>([:])

    private static let capacity = 256

    /// Creates a generator.
    ///
    /// - Parameters:
    ///   - secretID: The secret's name or ARN, unless the connection string names one with `aws_rds_iam_secret_id`.
    ///   - options: Field names, and how long a rotation is waited for.
    ///   - region: The region, unless the connection string names one; `nil` takes it from the secret's ARN, then from
    ///     the AWS configuration.
    ///   - lifetime: How long a password is cached before the secret is fetched again.
    ///   - credentials: The credentials that sign the call, unless the connection string names others; `nil` is the
    ///     default chain.
    ///   - sources: What the connection string may name with `aws_rds_iam_credentials`.
    ///   - context: The environment.
    public init(
        secretID: String? = nil,
        options: SecretsManagerOptions = SecretsManagerOptions(),
        region: String? = nil,
        lifetime: Duration = .seconds(870),
        credentials: (any AWSCredentialSource)? = nil,
        sources: AWSCredentialSourceRegistry = .shared,
        context: CredentialContext = .system
    ) {
        self.secretID = secretID
        self.options = options
        self.lifetime = lifetime
        caller = AWSCaller(region: region, credentials: credentials, sources: sources, context: context) { request in
            (request.setting(AWSKeyword.secretID) ?? secretID).flatMap(Self.region(inARN:))
        }
    }

    /// Fetches the secret.
    ///
    /// - Throws: `NamedRegistryError` if `aws_rds_iam_credentials` names no source; `AWSCredentialError` with AWS's
    ///   code and request ID; ``SecretsManagerError`` if the secret is not what it should be; ``AWSGeneratorError`` if
    ///   the region or the secret is not named; `SigV4Error` if the clock answers no time. The error's `isRetryable`
    ///   says whether to retry.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        let context = caller.context
        let secretID = try secretID(for: request)
        let (start, refused) = (context.uptime(), refused.withLock { $0[ByteText(secretID)] })
        var pause = Duration.seconds(1)
        while true {
            let token = try await fetch(secretID, for: request)
            let waited = context.uptime() - start
            guard let refused, token.value.isBytewiseEqual(to: refused), waited + pause <= options.rotationTimeout
            else { return token }
            try await context.sleep(pause)
            pause = min(pause * 2, .seconds(30))
        }
    }

    /// Stores the password, so that a fetched one that is the same is fetched again.
    public func tokenWasRefused(_ token: AuthToken, for request: AuthTokenRequest) {
        guard let secretID = try? secretID(for: request) else { return }
        refused.withLock { refused in
            // Odd connection strings must not fill the memory.
            if refused.count >= Self.capacity { refused = [:] }
            refused[ByteText(secretID)] = token.value
        }
    }

    private func secretID(for request: AuthTokenRequest) throws(AWSGeneratorError) -> String {
        guard let secretID = request.setting(AWSKeyword.secretID) ?? secretID else { throw .noSecret }
        return secretID
    }

    private func fetch(_ secretID: String, for request: AuthTokenRequest) async throws -> AuthToken {
        let region = try await caller.region(for: request)
        let now = try caller.context.signingDate()
        let call = AWSServiceCall(
            AWSService("secretsmanager", settingName: "SECRETS_MANAGER", plainIsDualStack: true),
            "GetSecretValue",
            format: .json(target: "secretsmanager"),
            region: region.name,
            profile: request.setting(AWSKeyword.profile),
            context: caller.context
        )
        let body = try JSONValue.encode(["SecretId": secretID])
        let answer = try await caller.answer(of: call, to: body, for: request)
        let secret = try Secret(answer.body, options)
        return AuthToken(
            value: secret.password,
            signedAt: now,
            expiresAt: nil,
            reusableUntil: now + lifetime.seconds,
            credential: CredentialIdentity(answer.credentials),
            region: region.name,
            regionOrigin: region.origin.description,
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
    /// How long a password other than the one that a server refused is waited for.
    public var rotationTimeout: Duration = .seconds(10)

    /// The standard options.
    public init() {}
}
