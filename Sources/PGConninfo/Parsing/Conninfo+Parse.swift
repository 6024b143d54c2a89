extension Conninfo {
    /// Reads a connection string as `PQconninfoParse` does: a URI if it begins with `postgresql://` or `postgres://`,
    /// else keyword/value pairs.
    ///
    /// Nothing is looked up: defaults, environment and service file come in with ``resolve(in:)``.
    /// - Parameters:
    ///   - text: the connection string.
    ///   - dialect: the version of libpq whose rules apply.
    ///   - extensions: keywords to accept beside libpq's own.
    /// - Throws: ``ConninfoError`` for what libpq refuses, and for a NUL byte. The same input fails again.
    public static func parse(
        _ text: String,
        dialect: Dialect = .newest,
        extensions: ExtensionKeywords = .none
    ) throws(ConninfoError) -> Conninfo {
        try parse(Array(text.utf8), dialect: dialect, extensions: extensions)
    }

    /// Reads a connection string given as bytes, which need not be UTF-8.
    ///
    /// The rules are those of ``parse(_:dialect:extensions:)-(String,_,_)``.
    public static func parse(
        _ bytes: [UInt8],
        dialect: Dialect = .newest,
        extensions: ExtensionKeywords = .none
    ) throws(ConninfoError) -> Conninfo {
        var parser = ConninfoParser(bytes, dialect: dialect, extensions: extensions)
        try parser.parse(bytes.span)
        return parser.finish()
    }
}
