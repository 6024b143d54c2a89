import RDSIAMBasics

/// One rung of the ladder: what was looked at, what came of it, and how long it took.
public struct Step: Sendable, Hashable, Codable {
    /// What was looked at.
    public let name: Name
    /// What came of it.
    public internal(set) var mark: Mark
    /// The result in a few words.
    public internal(set) var summary: String
    /// What else is known, a line each, without secrets.
    public internal(set) var details: [String]
    /// How long it took, in seconds.
    public internal(set) var seconds: Double
    /// The server that was looked at, as host and port, if there are several and it is not the same for all.
    public internal(set) var server: String?

    init(_ name: Name, _ mark: Mark, _ summary: String, _ details: [String] = [], seconds: Double = 0) {
        (self.name, self.mark, self.summary, self.details, self.seconds) = (name, mark, summary, details, seconds)
    }
}

extension Step {
    /// The rungs, in the order in which a login climbs them; more may be added.
    public struct Name: Sendable, Hashable, Codable, RawRepresentable, CustomStringConvertible {
        /// The name as it stands in the JSON document.
        public let rawValue: String

        /// Names a rung.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The same as ``rawValue``.
        public var description: String { rawValue }

        /// The connection string and what it leaves to others.
        package static let settings = Name(rawValue: "settings")
        /// Who makes the token.
        package static let generator = Name(rawValue: "generator")
        /// What the host name says about the database.
        package static let endpoint = Name(rawValue: "endpoint")
        /// The region that the token is signed for.
        package static let region = Name(rawValue: "region")
        /// The AWS credentials and when they end.
        package static let credentials = Name(rawValue: "credentials")
        /// Whose credentials they are (STS, `GetCallerIdentity`).
        package static let identity = Name(rawValue: "identity")
        /// This machine's clock against that of AWS.
        package static let clock = Name(rawValue: "clock")
        /// The look-up of the host name.
        package static let lookup = Name(rawValue: "dns")
        /// The connection to the port.
        package static let connection = Name(rawValue: "tcp")
        /// TLS and the server's certificate.
        package static let tls = Name(rawValue: "tls")
        /// The token.
        package static let token = Name(rawValue: "token")
        /// The login.
        package static let login = Name(rawValue: "login")
        /// What the session says after the login.
        package static let session = Name(rawValue: "session")
    }

    /// What came of a rung; more may be added.
    public struct Mark: Sendable, Hashable, Codable, RawRepresentable, CustomStringConvertible {
        /// The mark as it stands in the JSON document.
        public let rawValue: String

        /// Names a mark.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The same as ``rawValue``.
        public var description: String { rawValue }

        /// All is well.
        public static let passed = Mark(rawValue: "passed")
        /// It works, but not as it should.
        public static let warning = Mark(rawValue: "warning")
        /// It fails.
        public static let failed = Mark(rawValue: "failed")
        /// It was not looked at.
        public static let skipped = Mark(rawValue: "skipped")
    }
}
