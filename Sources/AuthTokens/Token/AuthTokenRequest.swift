/// What a token is asked for: one user on one server, as the client will dial it.
public struct AuthTokenRequest: Sendable, Hashable {
    /// The server's name as it stands in the connection string.
    ///
    /// Tokens are signed for a name, never for an address.
    public var host: String
    /// The server's TCP port, 1 to 65535.
    public var port: Int
    /// The database user who logs in.
    public var user: String
    /// The database the client will open, where it is known.
    public var database: String?
    /// What else the connection string says to generators, by keyword: `aws_rds_iam_region` and its like.
    public var parameters: [String: String]

    /// Creates a request.
    ///
    /// - Parameters:
    ///   - host: The server's name.
    ///   - port: The server's TCP port, 1 to 65535.
    ///   - user: The database user.
    ///   - database: The database, where it is known.
    ///   - parameters: The connection string's parameters for generators, by keyword.
    public init(
        host: String,
        port: Int = 5432,
        user: String,
        database: String? = nil,
        parameters: [String: String] = [:]
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.database = database
        self.parameters = parameters
    }
}
