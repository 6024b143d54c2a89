import RDSIAMBasics

/// A URI that libpq takes for a keyword/value string, as its scheme is not `postgresql://` or `postgres://`.
///
/// The scheme is repeated only if each of its words is one that other drivers and servers use: anything else could be
/// the beginning of a password.
struct ForeignScheme: Hashable, Sendable {
    /// The scheme as it was written, or `nil` if it cannot be repeated.
    private let text: String?
    /// Whether only white space before the scheme is at fault.
    private let isIndented: Bool

    private static let words: Set<String> = [
        "postgresql", "postgres", "postgre", "pgsql", "pg", "psql", "postgis", "cockroachdb", "cockroach", "redshift",
        "timescaledb", "jdbc", "odbc", "ecpg", "aws-wrapper", "psycopg", "psycopg2", "psycopg2cffi", "psycopg3",
        "asyncpg",
        "aiopg", "pg8000", "pygresql", "pypostgresql", "tcp", "unix", "ssl", "mysql", "mariadb", "sqlserver", "mssql",
        "oracle", "sqlite", "sqlite3", "mongodb", "redis", "rediss", "db2", "http", "https", "ftp", "file", "rds",
    ]

    /// Recognizes the scheme at the beginning of an input, or returns `nil` if there is none.
    init?(of input: Span<UInt8>) {
        let start = input.endOfBlanks(from: 0)
        let rest = input.extracting(start..<input.count)
        isIndented = start > 0 && ConninfoParser.endOfScheme(rest) != nil
        let end = rest.firstIndex(from: 0) { !$0.isSchemeCharacter }
        let scheme = rest.copy(0..<end)
        let isBeforeSlashes = scheme.last == UInt8(ascii: ":") && rest.extracting(end..<rest.count).hasPrefix("//")
        if isBeforeSlashes, scheme.count > 1 {
            text = Self.isKnown(scheme.dropLast()) ? String(decoding: scheme, as: UTF8.self) + "//" : nil
        } else if let prefix = Self.opaquePrefix(of: scheme) {
            text = String(decoding: prefix, as: UTF8.self)
        } else {
            return nil
        }
    }

    /// Returns whether every word is known, as in `jdbc:postgresql` and `postgresql+psycopg2`.
    private static func isKnown(_ scheme: ArraySlice<UInt8>) -> Bool {
        scheme.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "+") }
            .allSatisfy { words.contains(String(decoding: $0, as: UTF8.self).asciiLowercased()) }
    }

    /// Returns the scheme of a URI without slashes, such as `jdbc:postgresql:blog`.
    private static func opaquePrefix(of scheme: [UInt8]) -> ArraySlice<UInt8>? {
        ["jdbc:postgresql:", "postgresql:", "postgres:"].lazy
            .map { scheme.prefix($0.utf8.count) == Array($0.utf8)[...] ? scheme.prefix($0.utf8.count) : [] }
            .first { !$0.isEmpty }
    }

    /// A sentence on the fault and one on what to do.
    var message: String {
        let rule = "A connection URI begins with postgresql:// or postgres:// in lowercase"
        if isIndented { return "\(rule), without white space before it. Remove the white space." }
        let advice = "Write postgresql://user@host:port/database."
        guard let text else { return "\(rule), and this one has another scheme. \(advice)" }
        return "\(rule), not with \"\(text)\". \(advice)"
    }
}

extension UInt8 {
    fileprivate var isSchemeCharacter: Bool { isAlphanumeric || "+-.:".utf8.contains(self) }
}
