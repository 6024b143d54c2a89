public import RDSIAMBasics

/// The reason why a connection string, a service file or a set of parameters was refused.
///
/// ``message`` never quotes a value, which may be a password. It names an unknown keyword only if nothing suggests that
/// it is part of a secret. No code is retryable: the string or a file must be corrected first.
public struct ConninfoError: RetryableError, Hashable {
    /// What went wrong.
    public let code: Code

    /// Where the keyword, value or part of a URI at fault begins in the connection string: an offset in bytes, from 0.
    public let byteOffset: Int?

    /// The keyword concerned, if libpq or the caller's extensions have it; never text from the input.
    public let keyword: String?

    /// The line of the service file at fault, from 1.
    public let line: Int?

    /// What ``message`` says about a keyword that does not exist, or about the scheme of a URI.
    private let detail: Detail?

    let libpqMessage: [UInt8]

    indirect enum Detail: Hashable, Sendable {
        case keyword(UnknownKeyword)
        case scheme(ForeignScheme)
    }

    init(
        _ code: Code,
        at offset: Int? = nil,
        keyword: String? = nil,
        line: Int? = nil,
        detail: Detail? = nil,
        libpqMessage: [UInt8] = []
    ) {
        self.code = code
        self.byteOffset = offset
        self.keyword = keyword
        self.line = line
        self.detail = detail
        self.libpqMessage = libpqMessage
    }

    /// Always `false`: the same input, environment and files are refused again.
    public var isRetryable: Bool { false }

    /// What went wrong, where, and what to do about it, without any value of the input.
    public var message: String {
        switch detail {
        case .keyword(let unknown): unknown.message(place: place)
        case .scheme(let scheme): scheme.message
        case nil: "\(code.problem)\(place). \(code.advice)"
        }
    }

    /// ` (keyword "host", line 3, byte 7)`, as far as it is known.
    private var place: String {
        let parts = [keyword.map { "keyword \"\($0)\"" }, line.map { "line \($0)" }, byteOffset.map { "byte \($0)" }]
            .compactMap { $0 }
        return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
    }

    /// The bytes of libpq's own message, which **quote the input and may hold a password**; empty if libpq has none.
    ///
    /// They equal what `PQconninfoParse` or `PQerrorMessage` of the dialect's libpq returns in the C locale, the
    /// closing line feed included. They need not be UTF-8.
    package var unsafeLibpqMessageBytes: [UInt8] { libpqMessage }

    /// libpq's own message, which **quotes the input and may hold a password**; bytes that are not UTF-8 are replaced.
    public var unsafeLibpqMessage: String { String(decoding: libpqMessage, as: UTF8.self) }
}

extension ConninfoError: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The same as ``message``.
    public var description: String { message }

    /// The code and ``message``.
    public var debugDescription: String { "ConninfoError(\(code): \(message))" }

    /// Shows the code and ``message``, never libpq's message.
    public var customMirror: Mirror {
        Mirror(self, children: ["code": code.description, "message": message])
    }
}

extension ConninfoError {
    /// A kind of error.
    ///
    /// Later versions may add more.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the kind, such as `missingEquals`.
        public let description: String
        let problem: String
        let advice: String

        private init(_ name: String, _ problem: String, _ advice: String) {
            self.description = name
            self.problem = problem
            self.advice = advice
        }

        /// Returns whether both have the same name.
        public static func == (lhs: Self, rhs: Self) -> Bool { lhs.description == rhs.description }

        /// Hashes the name.
        public func hash(into hasher: inout Hasher) { hasher.combine(description) }
    }
}

// Parsing.
extension ConninfoError.Code {
    /// The input holds a NUL byte, which libpq would take for its end.
    public static let nulByte = Self("nulByte", "A connection string cannot hold a NUL byte", "Remove it.")
    /// A keyword in a keyword/value string is not followed by `=`.
    package static let missingEquals = Self(
        "missingEquals",
        "A setting has no \"=\" after its keyword",
        "Write keyword=value, and put single quotes around a value that holds spaces."
    )
    /// A quoted value has no closing quote.
    package static let unterminatedQuote = Self(
        "unterminatedQuote",
        "A quoted value has no closing quote",
        "Close it, and write a quote that belongs to the value as \\'."
    )
    /// libpq of this version has no such keyword, and it is no extension keyword.
    public static let unknownKeyword = Self(
        "unknownKeyword",
        "Invalid connection option",
        "Check its spelling, or remove it."
    )
    /// The input is a URI, but not one that begins with `postgresql://` or `postgres://`.
    public static let unknownScheme = Self(
        "unknownScheme",
        "A connection URI must begin with postgresql:// or postgres:// in lowercase",
        "Write postgresql://user@host:port/database."
    )
    /// An IPv6 address in a URI has no closing bracket.
    package static let unclosedBracket = Self(
        "unclosedBracket",
        "An IPv6 address in a URI has no closing \"]\"",
        "Close it, or write a \"[\" that belongs to a name as %5B."
    )
    /// The brackets of an IPv6 address in a URI are empty.
    package static let emptyBrackets = Self(
        "emptyBrackets",
        "The brackets of an IPv6 address in a URI are empty",
        "Write the address between them."
    )
    /// An `@` in a URI stands after the user and the password, or after a `/`: they may hold one that is not escaped.
    package static let unescapedAt = Self(
        "unescapedAt",
        "An \"@\" stands where a URI has no place for one",
        "Write @ as %40 and / as %2F in the user, the password and the database."
    )
    /// A bracket in a URI is followed by something other than a port, a path, a query or another host.
    package static let unexpectedCharacter = Self(
        "unexpectedCharacter",
        "An unexpected character follows an IPv6 address in a URI",
        "Only \":\", \"/\", \"?\" or \",\" may follow the \"]\"."
    )
    /// A URI query parameter has no `=`.
    package static let missingSeparator = Self(
        "missingSeparator",
        "A URI query parameter has no \"=\"",
        "Write keyword=value, and write an \"&\" that belongs to a value as %26."
    )
    /// A URI query parameter has more than one `=`.
    package static let extraSeparator = Self(
        "extraSeparator",
        "A URI query parameter has more than one \"=\"",
        "Write an \"=\" that belongs to a value as %3D."
    )
    /// A `%` in a URI is not followed by two hexadecimal digits.
    package static let invalidPercentEncoding = Self(
        "invalidPercentEncoding",
        "A \"%\" is not followed by two hexadecimal digits",
        "Write a percent sign as %25."
    )
    /// A URI holds `%00`.
    package static let percentEncodedNUL = Self("percentEncodedNUL", "A URI cannot hold %00", "Remove it.")
    /// A part of a URI holds a raw space between other characters (libpq 18 and later).
    package static let unexpectedSpaces = Self("unexpectedSpaces", "A part of a URI holds spaces", "Write them as %20.")
}

// Service file.
extension ConninfoError.Code {
    /// The service file that was asked for cannot be opened.
    public static let serviceFileNotFound = Self(
        "serviceFileNotFound",
        "The service file does not exist or cannot be opened",
        "Check PGSERVICEFILE and the permissions of the file."
    )
    /// No service file defines the service.
    public static let serviceNotFound = Self(
        "serviceNotFound",
        "No service file defines the service",
        "Correct its name, or add a section for it to ~/.pg_service.conf."
    )
    /// A line of the service file is longer than libpq reads.
    static let serviceLineTooLong = Self(
        "serviceLineTooLong",
        "A line of the service file is too long",
        "Shorten it to fewer than 1,023 bytes."
    )
    /// A line of the service file is no setting with a known keyword.
    public static let serviceSyntax = Self(
        "serviceSyntax",
        "The service file has a syntax error",
        "Write keyword=value with a keyword of libpq, and no spaces around the \"=\"."
    )
    /// A service refers to another service.
    package static let nestedService = Self(
        "nestedService",
        "A service cannot refer to another service",
        "Remove the line."
    )
    /// A service is defined in LDAP, which is not looked up.
    package static let ldapService = Self(
        "ldapService",
        "The service is defined in LDAP, which is not supported",
        "Write its settings into the service file."
    )
}

// Endpoints and validation.
extension ConninfoError.Code {
    /// The lists `host` and `hostaddr` differ in length.
    public static let hostCountMismatch = Self(
        "hostCountMismatch",
        "The lists host and hostaddr differ in length",
        "Give one host for each address."
    )
    /// The list `port` has neither one entry nor one for each host.
    public static let portCountMismatch = Self(
        "portCountMismatch",
        "The list of ports has neither one entry nor one for each host",
        "Give one port for all hosts, or one for each."
    )
    /// A value is not a whole number of 32 bits.
    public static let invalidInteger = Self(
        "invalidInteger",
        "A value is not a whole number, or is out of range",
        "Write a number without a unit, such as 10."
    )
    /// A port is not within 1 to 65535.
    public static let invalidPort = Self("invalidPort", "A port is not within 1 to 65535", "Correct it.")
    /// The path of a Unix-domain socket does not fit into a socket address.
    static let socketPathTooLong = Self(
        "socketPathTooLong",
        "The path of a Unix-domain socket is too long",
        "Use a directory with a shorter path."
    )
    /// There is no user name, neither given nor from the operating system.
    public static let noUser = Self("noUser", "There is no user name", "Set user or PGUSER.")
    /// A value is none of those its keyword allows.
    public static let invalidValue = Self(
        "invalidValue",
        "A value is not one that its keyword allows",
        "Correct or remove it."
    )
    /// Two settings, each valid, contradict each other.
    public static let conflictingValues = Self(
        "conflictingValues",
        "Two settings contradict each other",
        "Change or remove one of them."
    )
    /// libpq of this version does not have the keyword.
    public static let notInDialect = Self(
        "notInDialect",
        "This version of libpq does not have the keyword",
        "Remove it, or use a newer libpq."
    )
}
