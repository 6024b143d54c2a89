/// A generator that mostly knows at once whose credentials it would sign with.
///
/// Waiting for an answer takes longer than all the rest of returning a cached token, even if the answer is there.
package protocol PromptGenerator: AuthTokenGenerator {
    /// Who knows.
    var promptSigner: any PromptSigner { get }
}

/// Knows whose credentials a generator would sign with.
package protocol PromptSigner: AnyObject, Sendable {
    /// Whether that is at hand and the same as it was; where it is not at hand, the generator has to be asked.
    func isStill(_ identity: SigningIdentity, for request: AuthTokenRequest) -> Bool
}
