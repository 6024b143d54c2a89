import RDSIAMBasics
import RDSIAMSystem

/// The credentials of a sign-in by `aws login`, renewed with a proof of possession.
///
/// Profiles lead to it.
struct LoginCredentialSource: AWSCredentialSource {
    /// The `login_session` of the profile: the ARN that signed in.
    let session: String
    let profile: String
    let endpoints: EndpointSettings
    let context: CredentialContext

    var kind: AWSCredentialSourceKind { .login }

    private static let operation = "Signin CreateOAuth2Token"
    /// How long before their end the credentials are renewed, in seconds.
    private static let renewal: TimeInterval = 5 * 60

    func credentials() async throws -> AWSCredentials {
        let file = try cacheFile()
        let members = try await file.load()
        guard let cached = credentials(in: members) else { throw file.signInRequired("is incomplete") }
        guard let remaining = cached.remainingLifetime(at: context.now()), remaining < Self.renewal else {
            return cached
        }
        do {
            return try await renewed(members, file: file)
        } catch let error as AWSCredentialError where error.isRetryable && remaining > 0 {
            return cached
        }
    }

    private func renewed(_ members: [String: JSONValue], file: TokenCacheFile) async throws -> AWSCredentials {
        guard
            let key = members.text("dpopKey").flatMap({ DPoPKey(pem: $0) }), let client = members.text("clientId"),
            let refreshToken = members.text("refreshToken")
        else { throw file.signInRequired("is incomplete") }
        guard let region = endpoints.region else {
            throw AWSCredentialError.invalid(
                "The profile '\(profile)' uses login_session but no region is known: set AWS_REGION or the profile's region."
            )
        }
        let url = try endpoints.endpoint(of: .signin, region: region)
        let body = try JSONValue.bytes([
            "clientId": .string(client), "grantType": .string("refresh_token"), "refreshToken": .string(refreshToken),
        ])
        let caller = endpoints.caller(operation: Self.operation)
        let answer = try await caller.call({ try request(url, body: body, key: key) }) { response in
            endOfSignIn(response) ?? caller.failure(of: response)
        }
        return try await store(answer, over: members, file: file)
    }

    private func request(_ endpoint: HTTPURL, body: [UInt8], key: borrowing DPoPKey) throws -> CredentialHTTPRequest {
        let url = endpoint.appending("/v1/token")
        guard let proof = DPoPProof.make(key, url: url, context: context) else {
            throw AWSCredentialError(
                .unsupported,
                "OpenSSL cannot sign with the key of the sign-in. Run `\(signInCommand)`."
            )
        }
        return CredentialHTTPRequest(
            method: "POST",
            url: url,
            headers: [("content-type", "application/json"), ("dpop", proof)],
            body: body,
            mayUseProxy: endpoint.mayUseProxy
        )
    }

    private func endOfSignIn(_ response: CredentialHTTPResponse) -> RetryingCaller.Failure? {
        let code = response.status == 200 ? nil : JSONValue.object(response.body)?.text("error")
        guard code == "TOKEN_EXPIRED" || code == "USER_CREDENTIALS_CHANGED" else { return nil }
        let message = "The sign-in of the profile '\(profile)' has ended: run `\(signInCommand)`."
        return .init(error: AWSCredentialError(.signInRequired, message, serviceCode: code))
    }

    private func store(
        _ response: CredentialHTTPResponse,
        over old: [String: JSONValue],
        file: TokenCacheFile
    ) async throws -> AWSCredentials {
        guard
            let answer = JSONValue.object(response.body), let life = answer.integer("expiresIn"), life >= 0,
            let refreshToken = answer.text("refreshToken"), var token = answer.object("accessToken")
        else { throw Self.unreadable }
        token["expiresAt"] = .string((context.now() + TimeInterval(life)).rfc3339)
        token["accountId"] = old.object("accessToken")?["accountId"]
        var members = old
        members["accessToken"] = .object(token)
        members["refreshToken"] = .string(refreshToken)
        guard let credentials = credentials(in: members) else { throw Self.unreadable }
        await file.store(members)
        return credentials
    }

    private func credentials(in members: [String: JSONValue]) -> AWSCredentials? {
        guard
            let token = members.object("accessToken"), let accessKeyID = token.text("accessKeyId"),
            let secret = token.text("secretAccessKey"), let sessionToken = token.text("sessionToken"),
            let expiration = token.text("expiresAt").flatMap(Expiration.date)
        else { return nil }
        return AWSCredentials(
            accessKeyID: accessKeyID,
            secretAccessKey: secret,
            sessionToken: sessionToken,
            expiration: expiration,
            accountID: token.text("accountId"),
            provenance: .init(source: .login, profile: profile)
        )
    }

    private func cacheFile() throws -> TokenCacheFile {
        let folder = context.variable("AWS_LOGIN_CACHE_DIRECTORY") ?? "~/.aws/login/cache"
        guard let folder = context.expandingHome(folder) else {
            throw AWSCredentialError.invalid(
                "There is no home directory that could hold a sign-in. Set HOME."
            )
        }
        let path = "\(folder)/\(try FileNameDigest.sha256(session)).json"
        return TokenCacheFile(context: context, path: path, signInCommand: signInCommand)
    }

    private var signInCommand: String { "aws login --profile \(profile.shellWord)" }

    private static let unreadable = AWSCredentialError(
        .invalidResponse,
        "\(operation) answered something other than credentials."
    )
}
