import RDSIAMBasics
import RDSIAMSystem
import Synchronization

/// The bearer token of an Identity Center sign-in, renewed if the session form allows it.
struct SSOTokenProvider {
    let settings: SSOSettings
    let endpoints: EndpointSettings
    let context: CredentialContext
    let attempts: AttemptMemory

    private static let operation = "SSO CreateToken"
    /// How long before its end a token is renewed, in seconds.
    private static let renewal: TimeInterval = 5 * 60
    private static let pause: TimeInterval = 30

    /// A token that is still good.
    func token() async throws -> String {
        let file = try cacheFile()
        let members = try await file.load()
        guard let token = members.text("accessToken"), let expiresAt = Self.time(members.text("expiresAt")) else {
            throw file.signInRequired("is incomplete")
        }
        let remaining = expiresAt.timeIntervalSince(context.now())
        if remaining < Self.renewal, settings.session != nil, let renewed = try await renewed(members, file: file) {
            return renewed
        }
        guard remaining > 0 else { throw file.signInRequired("holds a sign-in that has ended") }
        return token
    }

    /// A fresh token; `nil` if this sign-in cannot be, or was just tried to be, renewed.
    private func renewed(_ members: [String: JSONValue], file: TokenCacheFile) async throws -> String? {
        guard let request = try renewalRequest(members) else { return nil }
        guard attempts.mayTry(ByteText(file.path), at: context.now(), every: Self.pause) else {
            // Without a live token the reason of a moment ago still holds: an outage is no reason to sign in.
            if !isLive(members), let failure = attempts.failure(of: ByteText(file.path)) { throw failure }
            return nil
        }
        do {
            let answer = try await endpoints.caller(operation: Self.operation).call(request)
            return try await store(answer, over: members, file: file)
        } catch let error as AWSCredentialError where error.code == .refused || isLive(members) {
            return nil
        } catch let error as AWSCredentialError {
            attempts.note(error, of: ByteText(file.path))
            throw error
        } catch {
            // A canceled attempt says nothing about the service: the next caller may try at once.
            attempts.forget(ByteText(file.path))
            throw error
        }
    }

    private func isLive(_ members: [String: JSONValue]) -> Bool {
        Self.time(members.text("expiresAt")).map { $0 > context.now() } ?? false
    }

    private func renewalRequest(_ members: [String: JSONValue]) throws -> CredentialHTTPRequest? {
        guard
            let clientID = members.text("clientId"), let clientSecret = members.text("clientSecret"),
            let refreshToken = members.text("refreshToken"),
            let registrationEnd = Self.time(members.text("registrationExpiresAt")), registrationEnd > context.now()
        else { return nil }
        let endpoint = try endpoints.endpoint(of: .ssoOIDC, region: settings.region)
        let body: [String: JSONValue] = [
            "clientId": .string(clientID), "clientSecret": .string(clientSecret), "grantType": .string("refresh_token"),
            "refreshToken": .string(refreshToken),
        ]
        return CredentialHTTPRequest(
            method: "POST",
            url: endpoint.appending("/token"),
            headers: [("content-type", "application/json")],
            body: try JSONValue.bytes(body),
            mayUseProxy: endpoint.mayUseProxy
        )
    }

    private func store(
        _ response: CredentialHTTPResponse,
        over old: [String: JSONValue],
        file: TokenCacheFile
    ) async throws -> String {
        let answer = JSONValue.object(response.body)
        guard let answer, let token = answer.text("accessToken"), let life = answer.integer("expiresIn"), life >= 0
        else {
            throw AWSCredentialError(.invalidResponse, "\(Self.operation) answered something other than a token.")
        }
        var members = old
        members["accessToken"] = .string(token)
        members["expiresAt"] = .string((context.now() + TimeInterval(life)).rfc3339)
        if let refreshToken = answer.text("refreshToken") { members["refreshToken"] = .string(refreshToken) }
        await file.store(members)
        return token
    }

    private func cacheFile() throws -> TokenCacheFile {
        let name = try FileNameDigest.sha1(settings.session ?? settings.startURL)
        guard let path = context.expandingHome("~/.aws/sso/cache/\(name).json") else {
            throw AWSCredentialError.invalid(
                "There is no home directory that could hold an SSO sign-in. Set HOME."
            )
        }
        return TokenCacheFile(context: context, path: path, signInCommand: settings.signInCommand)
    }

    private static func time(_ text: String?) -> Date? { text.flatMap(Expiration.date) }
}

/// When something was last tried and how it failed, so that a failing renewal is not repeated at each call.
final class AttemptMemory: Sendable {
    private struct Attempt: Sendable {
        var time: Date
        var failure: AWSCredentialError?
    }

    private let last = Mutex<[ByteText: Attempt]>([:])

    /// Whether it may be tried; if so it counts as tried now.
    func mayTry(_ key: ByteText, at now: Date, every pause: TimeInterval) -> Bool {
        last.withLock { last in
            if let time = last[key]?.time, now < time + pause, now >= time { return false }
            last[key] = Attempt(time: now)
            return true
        }
    }

    /// Forgets the last attempt, so that the next may be made at once.
    func forget(_ key: ByteText) {
        last.withLock { $0[key] = nil }
    }

    /// Remembers how the last attempt failed.
    func note(_ failure: AWSCredentialError, of key: ByteText) {
        last.withLock { $0[key]?.failure = failure }
    }

    /// Returns how the last attempt failed, or `nil` if it succeeded or was refused for good.
    func failure(of key: ByteText) -> AWSCredentialError? {
        last.withLock { $0[key]?.failure }
    }
}
