import CLibpq

/// A notice or warning that the server sent beside an answer, such as what `RAISE NOTICE` says.
public struct PGNotice: Sendable, Hashable {
    /// How serious it is: `WARNING`, `NOTICE`, `DEBUG`, `INFO` or `LOG`, in English whatever the server's language.
    public let severity: String
    /// The SQLSTATE (PostgreSQL, "Error Codes"), such as `01000`; empty for libpq's own notices.
    public let sqlState: String
    /// What it says, in the server's language.
    public let message: String
    /// More about it, where there is more.
    public let detail: String?
    /// What to do about it, where something is to be done.
    public let hint: String?
}

extension PGNotice {
    /// Reads it off the result that libpq gives to a notice receiver (`PQresultErrorField`).
    init(_ result: OpaquePointer) {
        func field(_ code: Unicode.Scalar) -> String? {
            PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
        }
        severity = field("V") ?? field("S") ?? ""
        sqlState = field("C") ?? ""
        message = field("M") ?? PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
        detail = field("D")
        hint = field("H")
    }
}
