import CLibpq
import RDSIAMSystem

/// The one owner of a `PGconn`, which ends with it.
///
/// Sharing it is safe: only the task that has the session's turn calls libpq with it, one call after another wherever it runs.
/// Others let go of it, or ask for its socket where such calls are made, on the loop's thread, to end what is under way.
final class LibpqHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Starts connecting (`PQconnectStart`).
    ///
    /// - Throws: ``PGRDSIAMError`` where libpq has no memory.
    init(connecting conninfo: [UInt8]) throws(PGRDSIAMError) {
        let pointer = (conninfo + [0]).withUnsafeBufferPointer { text in
            text.withMemoryRebound(to: CChar.self) { PQconnectStart($0.baseAddress) }
        }
        guard let pointer else {
            throw PGRDSIAMError(.connectionFailed, "There is no memory left for a connection.")
        }
        self.pointer = pointer
        // The only way libpq tells the SQLSTATE of a refused login is the long form of its message.
        PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
        // libpq's own receiver prints notices on standard error.
        PQsetNoticeReceiver(pointer, { _, _ in }, nil)
    }

    deinit { PQfinish(pointer) }

    var socket: Int32 { PQsocket(pointer) }
    /// Whether its socket takes bytes at this moment.
    var isWritable: Bool {
        var entry = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

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
