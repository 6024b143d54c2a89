package import AWSCredentialSources
package import AuthTokens

extension AWSCredentialSource {
    /// Whose credentials the next token would be signed with.
    ///
    /// It asks the source, so a source that goes over the network wants a `RefreshingCredentialSource` in front of it.
    package func signingIdentity() async throws -> SigningIdentity {
        SigningIdentity(credential: try await credentials().accessKeyID)
    }
}
