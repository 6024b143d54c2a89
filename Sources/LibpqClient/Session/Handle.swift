import CLibpq
import RDSIAMSystem

/// The one owner of a `PGconn`, which ends with it.
///
/// Sharing it is safe: only the task that has the session's turn calls libpq with it, one call after another, whatever
/// thread it runs on. Other tasks drop it, or shut its socket down on the loop's thread to end what is under way.
final class Handle: @unchecked Sendable {
    /// libpq's number for the encoding.
    static let utf8 = pg_char_to_encoding("UTF8")

    let pointer: OpaquePointer

    /// Starts connecting (`PQconnectStart`).
    ///
    /// - Throws: ``PGError`` if libpq has no memory.
    init(connecting conninfo: [UInt8]) throws(PGError) {
        let pointer = (conninfo + [0]).withUnsafeBufferPointer { text in
            text.withMemoryRebound(to: CChar.self) { PQconnectStart($0.baseAddress) }
        }
        guard let pointer else { throw PGError(.system, "There is no memory left for a connection.") }
        self.pointer = pointer
        // The long form of its message is the only way in which libpq tells the SQLSTATE of a refused login.
        PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
        // libpq's own receiver prints notices on standard error.
        PQsetNoticeReceiver(pointer, { _, _ in }, nil)
    }

    deinit { PQfinish(pointer) }

    var socket: Int32 { PQsocket(pointer) }

    /// Whether its socket takes bytes (`POLLOUT`) or has some (`POLLIN`) at this moment.
    func isReady(for events: some BinaryInteger) -> Bool {
        var entry = pollfd(fd: socket, events: Int16(truncatingIfNeeded: events), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    var status: ConnStatusType { PQstatus(pointer) }
    var isAlive: Bool { status == CONNECTION_OK }

    /// Whether the connection is ready for a statement: alive, with nothing under way and no pipeline open.
    var isIdle: Bool {
        guard isAlive, PQtransactionStatus(pointer) != PQTRANS_ACTIVE else { return false }
        return PQpipelineStatus(pointer) == PQ_PIPELINE_OFF || PQexitPipelineMode(pointer) == 1
    }

    /// Whether the server waits for the data of a COPY.
    var takesCopyData: Bool { PQputCopyData(pointer, "", 0) == 1 }

    var errorMessage: String { PQerrorMessage(pointer).map { String(cString: $0) } ?? "" }

    /// Whether text goes to the server and comes from it in UTF-8, which `SET client_encoding` may change.
    var speaksUTF8: Bool { PQclientEncoding(pointer) == Self.utf8 }

    /// One of libpq's facts about the connection, such as `PQhost`.
    func fact(_ read: (OpaquePointer?) -> UnsafeMutablePointer<CChar>?) -> String {
        read(pointer).map { String(cString: $0) } ?? ""
    }

    /// What libpq is dialing, or has dialed.
    var endpoint: PGEndpoint { PGEndpoint(host: fact(PQhost), address: fact(PQhostaddr), port: fact(PQport)) }

    /// A fact about TLS, such as `protocol`, or `nil` if the connection has none.
    func tls(_ attribute: String) -> String? {
        PQsslAttribute(pointer, attribute).map { String(cString: $0) }
    }

    /// Whether TLS holds decrypted bytes that libpq has not read yet.
    ///
    /// `PQconsumeInput` reads what fits into libpq's buffer, which may be less than a TLS record has. The rest is then
    /// no longer in the socket, and a wait for the socket would never end. PostgreSQL's own server sends records that
    /// always fit, Aurora Serverless and TLS proxies do not (ged/ruby-pg issue 325). libpq's blocking calls ask
    /// `SSL_pending`, too.
    var hasBufferedInput: Bool {
        guard let bytesPending, let tls = PQsslStruct(pointer, "OpenSSL") else { return false }
        return bytesPending(tls) > 0
    }

    /// Why the connection broke: what the server said last, or else what libpq says.
    func breakage(after failure: PGError? = nil) -> PGError {
        let text = LoginFailureText(errorMessage)
        return PGError(.connectionFailed, failure?.message ?? text.summary, server: failure?.server, endpoint: endpoint)
    }
}

/// `SSL_pending` of the OpenSSL that libpq has loaded, or `nil` if libpq has another library for TLS, or none.
private let bytesPending: (@convention(c) (UnsafeMutableRawPointer) -> Int32)? = {
    dlsym(dlopen(nil, RTLD_NOW), "SSL_pending").map {
        unsafeBitCast($0, to: (@convention(c) (UnsafeMutableRawPointer) -> Int32).self)
    }
}()
