import CLibpq
import RDSIAMSystem

extension LibpqHandle {
    /// Whether TLS holds decrypted bytes that libpq has not read yet.
    ///
    /// `PQconsumeInput` reads what fits into libpq's buffer, which may be less than a TLS record has; the rest is then no longer in
    /// the socket, and whoever waits for the socket waits for ever. PostgreSQL's own server sends records that always fit, Aurora
    /// Serverless and TLS proxies do not (ged/ruby-pg issue 325). libpq's blocking calls ask `SSL_pending`, and so do we.
    var hasBufferedInput: Bool {
        guard let bytesPending, let tls = PQsslStruct(pointer, "OpenSSL") else { return false }
        return bytesPending(tls) > 0
    }
}

/// `SSL_pending` of the OpenSSL that libpq has loaded; nil where libpq has another library for TLS, or none.
private let bytesPending: (@convention(c) (UnsafeMutableRawPointer) -> Int32)? = {
    dlsym(dlopen(nil, RTLD_NOW), "SSL_pending").map {
        unsafeBitCast($0, to: (@convention(c) (UnsafeMutableRawPointer) -> Int32).self)
    }
}()
