import CLibpq
import RDSIAMSystem

/// An error, a warning or a notice, as a server sent it (PostgreSQL, "Error and Notice Message Fields").
public struct PGServerMessage: Sendable, Hashable {
    /// How serious it is: `ERROR`, `FATAL`, `PANIC`, `WARNING`, `NOTICE`, `DEBUG`, `INFO` or `LOG`, in English whatever
    /// the server's language.
    public internal(set) var severity = ""
    /// The SQLSTATE (PostgreSQL, "Error Codes"), such as `01000`; empty for libpq's own notices.
    public internal(set) var sqlState = ""
    /// What it says, in the server's language.
    public internal(set) var message = ""
    /// More about it, which may quote values of a row, or `nil` if there is no more.
    public internal(set) var detail: String?
    /// What to do about it, or `nil` if the server has no advice.
    public internal(set) var hint: String?
    /// Where in the statement the error is: the number of a character, counted from 1.
    public internal(set) var position: Int?
    /// The calls that led there, such as those of PL/pgSQL functions, innermost first.
    public internal(set) var context: String?
    /// The schema of the object it is about.
    public internal(set) var schema: String?
    /// The table it is about.
    public internal(set) var table: String?
    /// The column it is about.
    public internal(set) var column: String?
    /// The data type it is about.
    public internal(set) var dataType: String?
    /// The constraint it is about.
    public internal(set) var constraint: String?
    /// The function of the server that sent it, such as `auth_failed`: the same in all languages, and not the same in
    /// all versions.
    public internal(set) var routine: String?
}

extension PGServerMessage {
    /// Reads the fields of a result, or of what libpq gives to a notice receiver (`PQresultErrorField`).
    init(_ result: OpaquePointer) {
        func field(_ code: Unicode.Scalar) -> String? {
            PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
        }
        severity = field("V") ?? field("S") ?? ""
        sqlState = field("C") ?? ""
        message = field("M") ?? PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
        (detail, hint, context) = (field("D"), field("H"), field("W"))
        position = field("P").flatMap { Int($0) }
        (schema, table, column) = (field("s"), field("t"), field("c"))
        (dataType, constraint, routine) = (field("d"), field("n"), field("R"))
    }
}

/// What `NOTIFY` sent to a channel that the connection listens on.
public struct PGNotification: Sendable, Hashable {
    /// The channel's name.
    public let channel: String
    /// What was sent with it, as bytes; empty if nothing was.
    let payloadBytes: [UInt8]
    /// What was sent with it; bytes that are not UTF-8, which a database in SQL_ASCII may send, are shown as U+FFFD.
    public var payload: String { String(decoding: payloadBytes, as: UTF8.self) }
    /// The process number of the server's session that sent it.
    public let processID: Int32

    init(_ notification: PGnotify) {
        channel = notification.relname.map { String(cString: $0) } ?? ""
        payloadBytes = notification.extra.map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } ?? []
        processID = notification.be_pid
    }
}
