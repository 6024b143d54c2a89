/// A token on its way to a server, with the name of the event that recorded it.
public struct IssuedToken: Sendable {
    /// Shared by all who are handed the same token.
    let issue: Issue
    /// Whether the token had been made for somebody else before it was asked for.
    ///
    /// A server's refusal of such a token may mean no more than that it has gone stale: ``TokenIssuer/invalidate(_:)``
    /// it and ask once more. A token that was made just now is refused for a reason that a new one will not cure.
    public let isFromCache: Bool

    /// The token.
    public var token: AuthToken { issue.token }
    /// The ``TokenEvent/id`` of the event that recorded the making of it.
    public var id: String { issue.id }
    /// The name the generator is registered under.
    public var generator: String { issue.key.generator }
    /// What was asked for.
    public var request: AuthTokenRequest { issue.key.request }
}

/// The making of one token.
final class Issue: Sendable {
    let token: AuthToken
    let id: String
    let key: TokenKey

    init(token: AuthToken, id: String, key: TokenKey) {
        self.token = token
        self.id = id
        self.key = key
    }
}
