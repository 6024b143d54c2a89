import AWSGenerators
import AWSSigV4
import AuthTokens

struct CacheGenerator: AWSTokenGenerator {
    var caller = AWSCaller()

    func token(for request: AuthTokenRequest) async throws -> AuthToken {
        try await caller.presignedToken(for: request, lifetime: .seconds(900), signsPort: false) { signing in
            let query = [SigV4Field("Action", "connect"), SigV4Field("User", request.user)]
            return try signing.presign(SigV4Request(host: signing.endpoint.host, query: query), for: "elasticache")
        }
    }
}
