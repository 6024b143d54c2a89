public import RDSIAMSystem

/// Something that hands out AWS credentials.
///
/// An implementation asks afresh at each call and keeps nothing; caching, single flight and early refresh are the business of
/// ``RefreshingCredentialSource``, which wraps any source. It throws ``AWSCredentialError`` with the code
/// ``AWSCredentialError/Code/notConfigured`` where it has nothing to go by, so that a chain asks the next source, and
/// any other error where it is configured but fails, which stops a chain. Errors never quote a secret.
public protocol AWSCredentialSource: Sendable {
    /// The kind of source, for trails and audit events.
    var kind: AWSCredentialSourceKind { get }

    /// Hands out credentials.
    ///
    /// - Throws: ``AWSCredentialError``; retrying helps where its ``AWSCredentialError/isRetryable`` says so.
    func credentials() async throws -> AWSCredentials

    /// Hands out credentials for signing something that must stay valid for a while, such as a presigned token.
    ///
    /// A source that caches renews what would die sooner. Where even new credentials live shorter they are returned all the
    /// same, so the caller compares ``AWSCredentials/expiration`` and promises no more than the shorter life.
    ///
    /// - Parameter lifetime: Seconds of real life the caller would like.
    /// - Throws: ``AWSCredentialError``, with the code ``AWSCredentialError/Code/expired`` where only dead ones are to be had.
    func credentials(validFor lifetime: TimeInterval) async throws -> AWSCredentials
}

extension AWSCredentialSource {
    /// The kind ``AWSCredentialSourceKind/custom``, for sources that do not say.
    public var kind: AWSCredentialSourceKind { .custom }

    /// For sources that cache nothing: the same as ``credentials()``.
    public func credentials(validFor lifetime: TimeInterval) async throws -> AWSCredentials {
        try await credentials()
    }
}
