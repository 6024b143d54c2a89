import CLibpq

/// What can be sent to a server: statements as they stand, or one with parameters beside it.
///
/// It is made where the caller is: checking and laying out long values is work that would hold up the loop's other connections.
struct LibpqStatement: Sendable {
    private enum Form {
        /// One or more statements, separated by semicolons (`PQsendQuery`).
        case simple
        /// One statement (`PQsendQueryParams`), and the form in which its result is to come.
        case extended(LibpqParameters, PGFormat)
    }

    private let sql: String
    private let form: Form

    /// One or more statements, separated by semicolons.
    ///
    /// - Throws: ``PGRDSIAMError`` for what libpq would cut short: its texts end at the first NUL.
    init(_ sql: String) throws(PGRDSIAMError) {
        guard !sql.utf8.contains(0) else { throw .nul("the statement") }
        self.sql = sql
        form = .simple
    }

    /// One statement with parameters.
    ///
    /// - Throws: ``PGRDSIAMError`` for what cannot be sent.
    init(_ sql: String, _ parameters: [PGParameter], _ format: PGFormat) throws(PGRDSIAMError) {
        guard !sql.utf8.contains(0) else { throw .nul("the statement") }
        self.sql = sql
        form = .extended(try LibpqParameters(parameters), format)
    }

    /// Hands it to libpq; whether libpq took it.
    func send(to handle: LibpqHandle) -> Bool {
        guard case .extended(let parameters, let format) = form else { return PQsendQuery(handle.pointer, sql) == 1 }
        return parameters.withPointers { count, types, values, lengths, formats in
            PQsendQueryParams(handle.pointer, sql, count, types, values, lengths, formats, format.code) == 1
        }
    }
}

extension PGRDSIAMError {
    static func nul(_ place: String) -> PGRDSIAMError {
        PGRDSIAMError(.invalidStatement, "\(place) contains the character NUL, which PostgreSQL's text cannot hold.")
    }
}
