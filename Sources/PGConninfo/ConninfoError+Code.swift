extension ConninfoError {
    /// A kind of error; more may come in later versions.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the kind, such as `missingEquals`.
        public let rawValue: String
        let summary: String

        private init(_ rawValue: String, _ summary: String) {
            self.rawValue = rawValue
            self.summary = summary
        }

        /// The name of the kind.
        public var description: String { rawValue }

        /// Two codes are the same if their names are.
        public static func == (lhs: Self, rhs: Self) -> Bool { lhs.rawValue == rhs.rawValue }

        /// Hashes the name.
        public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
    }
}

// Parsing.
extension ConninfoError.Code {
    /// The input holds a NUL byte, which libpq would take for its end.
    public static let nulByte = Self("nulByte", "a connection string cannot hold a NUL byte")
    /// A name in a keyword/value string is not followed by `=`.
    public static let missingEquals = Self("missingEquals", "a setting has no \"=\" after its name")
    /// A quoted value has no closing quote.
    public static let unterminatedQuote = Self("unterminatedQuote", "a quoted value has no closing quote")
    /// libpq of this version has no such keyword, and it is no extension keyword.
    public static let unknownKeyword = Self("unknownKeyword", "a setting has an unknown keyword")
    /// An IPv6 address in a URI has no closing bracket.
    public static let unclosedBracket = Self("unclosedBracket", "an IPv6 address has no closing \"]\"")
    /// The brackets of an IPv6 address in a URI are empty.
    public static let emptyBrackets = Self("emptyBrackets", "an IPv6 address is empty")
    /// A bracket in a URI is followed by something other than a port, a path, a query or another host.
    public static let unexpectedCharacter = Self(
        "unexpectedCharacter",
        "an unexpected character follows an IPv6 address (expected \":\" or \"/\")"
    )
    /// A URI query parameter has no `=`.
    public static let missingSeparator = Self("missingSeparator", "a URI query parameter has no \"=\"")
    /// A URI query parameter has more than one `=`.
    public static let extraSeparator = Self("extraSeparator", "a URI query parameter has more than one \"=\"")
    /// A `%` in a URI is not followed by two hexadecimal digits.
    public static let invalidPercentEncoding = Self(
        "invalidPercentEncoding",
        "a \"%\" is not followed by two hexadecimal digits"
    )
    /// A URI holds `%00`.
    public static let percentEncodedNUL = Self("percentEncodedNUL", "a URI cannot hold %00")
    /// A URI part holds a raw space between other characters (libpq 18 and later).
    public static let unexpectedSpaces = Self("unexpectedSpaces", "a URI part holds raw spaces; write them as %20")
}

// Service file.
extension ConninfoError.Code {
    /// The service file that was asked for cannot be opened.
    public static let serviceFileNotFound = Self("serviceFileNotFound", "the service file was not found")
    /// No service file defines the service.
    public static let serviceNotFound = Self("serviceNotFound", "no service file defines the service")
    /// A line of the service file is longer than libpq reads.
    public static let serviceLineTooLong = Self("serviceLineTooLong", "a line of the service file is too long")
    /// A line of the service file is no setting with a known keyword.
    public static let serviceSyntax = Self("serviceSyntax", "the service file has a syntax error")
    /// A service refers to a service.
    public static let nestedService = Self("nestedService", "a service cannot refer to another service")
    /// A service is to be looked up by LDAP, which is not done here.
    public static let ldapService = Self("ldapService", "the service refers to LDAP, which is not looked up")
}

// Endpoints and validation.
extension ConninfoError.Code {
    /// The lists `host` and `hostaddr` differ in length.
    public static let hostCountMismatch = Self("hostCountMismatch", "host and hostaddr differ in length")
    /// The list `port` has neither one entry nor one for each host.
    public static let portCountMismatch = Self("portCountMismatch", "port fits neither one nor all hosts")
    /// A value is not a whole number.
    public static let invalidInteger = Self("invalidInteger", "a value is not a whole number in range")
    /// A port is not within 1 to 65535.
    public static let invalidPort = Self("invalidPort", "a port is not within 1 to 65535")
    /// The path of a Unix-domain socket does not fit into a socket address.
    public static let socketPathTooLong = Self("socketPathTooLong", "the path of a Unix-domain socket is too long")
    /// There is no user name, neither given nor from the operating system.
    public static let noUser = Self("noUser", "there is no user name")
    /// A value is none of those its keyword allows.
    public static let invalidValue = Self("invalidValue", "a value is not one that its keyword allows")
    /// Two settings, each valid, do not go together.
    public static let conflictingValues = Self("conflictingValues", "two settings do not go together")
    /// The keyword is not one that libpq of this version, or the caller, has.
    public static let notInDialect = Self("notInDialect", "the keyword does not exist in this libpq version")
    /// The parameters cannot be written in this form for every version of libpq.
    public static let notRepresentable = Self("notRepresentable", "the parameters cannot be written in this form")
}
