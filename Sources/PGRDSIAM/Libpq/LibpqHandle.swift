import CLibpq

/// The one owner of a `PGconn`, which ends with it.
final class LibpqHandle {
    let pointer: OpaquePointer

    /// Starts connecting (`PQconnectStart`).
    ///
    /// - Throws: ``PGRDSIAMError`` where libpq has no memory.
    init(connecting conninfo: [UInt8]) throws(PGRDSIAMError) {
        let text = (conninfo + [0]).map(CChar.init(bitPattern:))
        guard let pointer = PQconnectStart(text) else {
            throw PGRDSIAMError(.connectionFailed, "libpq has no memory for a connection")
        }
        self.pointer = pointer
        // The only way libpq tells the SQLSTATE of a refused login is the long form of its message.
        PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
        // libpq's own receiver prints notices on standard error.
        PQsetNoticeReceiver(pointer, { _, _ in }, nil)
    }

    deinit { PQfinish(pointer) }

    var socket: Int32 { PQsocket(pointer) }
    var status: ConnStatusType { PQstatus(pointer) }
    var errorMessage: String { PQerrorMessage(pointer).map { String(cString: $0) } ?? "" }

    /// One of libpq's facts about the connection, such as `PQhost`.
    func fact(_ read: (OpaquePointer?) -> UnsafeMutablePointer<CChar>?) -> String {
        read(pointer).map { String(cString: $0) } ?? ""
    }

    /// What libpq is dialling, or has dialled.
    var place: Place { Place(host: fact(PQhost), address: fact(PQhostaddr), port: fact(PQport)) }

    /// A fact about TLS, such as `protocol`; nil where the connection has none.
    func tls(_ attribute: String) -> String? {
        PQsslAttribute(pointer, attribute).map { String(cString: $0) }
    }
}
