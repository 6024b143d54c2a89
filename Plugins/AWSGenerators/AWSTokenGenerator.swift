public import AuthTokens

/// A generator whose tokens depend on AWS credentials and a region: what all generators of this module are.
///
/// Conform to it to add a token of another AWS service. `TokenIssuer` caches the token, and makes a new one when the
/// credentials or the region change; connection strings may say whose credentials to use. A token that is a presigned
/// URL takes one call:
///
/// ```swift
/// struct CacheGenerator: AWSTokenGenerator {
///     let caller = AWSCaller()
///
///     func token(for request: AuthTokenRequest) async throws -> AuthToken {
///         try await caller.presignedToken(for: request, lifetime: .seconds(900)) { signing in
///             let query = [SigV4Field("Action", "connect"), SigV4Field("User", request.user)]
///             return try signing.presign(SigV4Request(host: signing.endpoint.host, query: query), for: "elasticache")
///         }
///     }
/// }
/// ```
public protocol AWSTokenGenerator: AuthTokenGenerator {
    /// Finds credentials and region.
    var caller: AWSCaller { get }
}

extension AWSTokenGenerator {
    /// Returns whether the token was made with the credentials and for the region that are now in use.
    public func isCurrent(_ token: AuthToken, for request: AuthTokenRequest) -> Bool {
        caller.isCurrent(token, for: request)
    }

    /// Lets the next token be made with fetched credentials, as those of the refused one may have been replaced.
    public func tokenWasRefused(_ token: AuthToken, for request: AuthTokenRequest) {
        caller.tokenWasRefused(token, for: request)
    }

    /// Returns the region of a token for a request, and who names it.
    ///
    /// - Throws: ``AWSGeneratorError`` if the region is not known or the host cannot be signed for;
    ///   `AWSCredentialError` if an AWS configuration file is malformed.
    public func signingRegion(for request: AuthTokenRequest) async throws -> SigningRegion {
        try await caller.region(for: request)
    }
}

extension [AuthTokenGeneratorRegistry.Registration] {
    /// The generators of this module under their names, each with the keywords that it understands.
    ///
    /// ```swift
    /// let generators = AuthTokenGeneratorRegistry(.aws)
    /// ```
    ///
    /// A generator with settings of its own goes under another name:
    ///
    /// ```swift
    /// try generators.add("orders", keywords: AWSKeyword.common) { SecretsManagerGenerator(secretID: "orders/db") }
    /// ```
    public static var aws: Self {
        [
            Element(DefaultGenerator.name, keywords: AWSKeyword.common) { DefaultGenerator() },
            Element(RDSGenerator.name, keywords: AWSKeyword.common) { RDSGenerator() },
            Element(DSQLGenerator.name, keywords: AWSKeyword.common) { DSQLGenerator() },
            Element(RedshiftGenerator.name, keywords: AWSKeyword.common) { RedshiftGenerator() },
            Element(RedshiftGenerator.serverlessName, keywords: AWSKeyword.common) { RedshiftGenerator(.serverless) },
            Element(SecretsManagerGenerator.name, keywords: AWSKeyword.common + [AWSKeyword.secretID]) {
                SecretsManagerGenerator()
            },
        ]
    }
}
