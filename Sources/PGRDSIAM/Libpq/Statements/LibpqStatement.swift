import CLibpq

/// What can be sent to a server: statements as they stand, or one with parameters beside it.
enum LibpqStatement: Sendable {
    /// One or more statements, separated by semicolons (`PQsendQuery`).
    case simple(String)
    /// One statement (`PQsendQueryParams`), and the form in which its result is to come.
    case extended(String, [PGParameter], PGFormat)

    /// How many parameters the protocol can number (`PQ_QUERY_PARAM_MAX_LIMIT`).
    private static let mostParameters = 65_535

    /// Refuses what libpq would cut short: its texts end at the first NUL.
    func validate() throws(PGRDSIAMError) {
        guard !sql.utf8.contains(0) else { throw .nul("the statement") }
        guard case .extended(_, let parameters, _) = self else { return }
        guard parameters.count <= Self.mostParameters else { throw .tooManyParameters(parameters.count) }
        for (index, parameter) in parameters.enumerated() where parameter.isTextWithNUL {
            throw .nul("parameter $\(index + 1)")
        }
    }

    /// Hands it to libpq; whether libpq took it.
    func send(to handle: LibpqHandle) -> Bool {
        switch self {
        case .simple(let sql):
            return PQsendQuery(handle.pointer, sql) == 1
        case .extended(let sql, let parameters, let format):
            return LibpqParameters(parameters).withPointers { types, values, lengths, formats in
                PQsendQueryParams(
                    handle.pointer,
                    sql,
                    Int32(parameters.count),
                    types,
                    values,
                    lengths,
                    formats,
                    format.code
                ) == 1
            }
        }
    }

    private var sql: String {
        switch self {
        case .simple(let sql), .extended(let sql, _, _): sql
        }
    }
}

extension PGRDSIAMError {
    fileprivate static func nul(_ place: String) -> PGRDSIAMError {
        PGRDSIAMError(.invalidStatement, "\(place) contains the character NUL, which PostgreSQL's text cannot hold")
    }

    fileprivate static func tooManyParameters(_ count: Int) -> PGRDSIAMError {
        PGRDSIAMError(.invalidStatement, "\(count) parameters; a statement may have 65535")
    }
}
