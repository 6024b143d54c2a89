import RDSIAMBasics

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
    /// The database the client will open, if it is known.
    public var database: String?
    /// What else the connection string says to generators, by keyword: `aws_rds_iam_region` and its like.
    public var parameters: [String: String]

    /// Creates a request.
    ///
    /// - Parameters:
    ///   - host: The server's name.
    ///   - port: The server's TCP port, 1 to 65535.
    ///   - user: The database user.
    ///   - database: The database, if it is known.
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

extension AuthTokenRequest {
    /// Returns whether both ask for the same, with texts compared byte by byte, as PostgreSQL does.
    public static func == (left: Self, right: Self) -> Bool {
        // What differs most often comes first: a cached token is found with this.
        left.host.isBytewiseEqual(to: right.host) && left.user.isBytewiseEqual(to: right.user)
            && left.port == right.port && left.database.isBytewiseEqual(to: right.database)
            && haveSameBytes(left.parameters, right.parameters)
    }

    private static func haveSameBytes(_ left: [String: String], _ right: [String: String]) -> Bool {
        guard left.count == right.count else { return false }
        return left.allSatisfy { key, value in
            // The look-up goes by Unicode, so the key that it finds is compared as well.
            guard let index = right.index(forKey: key) else { return false }
            return right[index].key.isBytewiseEqual(to: key) && right[index].value.isBytewiseEqual(to: value)
        }
    }

    /// Hashes all that the request says.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ByteText(host))
        hasher.combine(port)
        hasher.combine(ByteText(user))
        hasher.combine(database.map { ByteText($0) })
        let pairs = parameters.map { key, value in
            var pair = Hasher()
            pair.combine(ByteText(key))
            pair.combine(ByteText(value))
            return pair.finalize()
        }
        // The same in any order.
        hasher.combine(pairs.reduce(0, ^))
    }
}

extension AuthTokenRequest: CustomStringConvertible, CustomReflectable {
    /// The user, the server and the keywords of the parameters, whose values may be secret.
    public var description: String {
        let keywords = parameters.isEmpty ? "" : "; \(parameters.keys.sorted().joined(separator: ", "))"
        return "AuthTokenRequest(\(user)@\(host):\(port)\(database.map { "/\($0)" } ?? "")\(keywords))"
    }

    /// A mirror without the parameters' values.
    public var customMirror: Mirror {
        let shown: KeyValuePairs<String, Any> = [
            "host": host, "port": port, "user": user, "database": database as Any,
            "parameters": parameters.keys.sorted(),
        ]
        return Mirror(self, children: shown)
    }
}

extension String? {
    /// Returns whether both are `nil`, or texts of the same bytes.
    func isBytewiseEqual(to other: String?) -> Bool {
        guard let self, let other else { return self == nil && other == nil }
        return self.isBytewiseEqual(to: other)
    }
}
