import CLibssl
import RDSIAMBasics
import RDSIAMSystem

/// What a server presents when a client asks it for TLS, looked at without believing it.
struct PeerCertificate: Sendable, Hashable {
    /// The version of TLS, such as `TLSv1.3`.
    let tlsVersion: String
    /// The subject of the server's own certificate.
    let subject: String
    /// The issuers from the server's certificate upwards, as far as the server sends them.
    let issuers: [String]
    /// When the certificate begins and ends to be valid; `nil` if that cannot be read.
    let validFrom: Date?
    /// When it ends.
    let validUntil: Date?
    /// Whether it is for the name that was asked for.
    let isForName: Bool
    /// What is wrong with the chain, by the number of OpenSSL; 0 if it leads to the roots that were given.
    let chainFault: Int
    /// The same in OpenSSL's words.
    let chainFaultText: String

    /// The name of the root that it leads to, as far as the server tells.
    var root: String { issuers.last ?? "" }
}

/// Which certificates a client trusts.
enum TrustedRoots: Sendable, Hashable {
    /// None are given.
    case none
    /// Those of the system.
    case system
    /// Those in a file.
    case file(String)
}

/// Asks a server for TLS and takes what it presents.
enum CertificateProbe {
    /// What came of it.
    enum Result: Sendable, Hashable {
        /// TLS, with this certificate.
        case certificate(PeerCertificate)
        /// The server offers no TLS.
        case refused
        /// What answers is no PostgreSQL server.
        case foreign
        /// It closed the connection.
        case closed
        /// It said nothing.
        case silent
        /// TLS failed, in OpenSSL's words.
        case failed(String)
    }

    /// Runs on a thread of its own, which may wait; the socket has its own limits, and is closed by the caller.
    ///
    /// The thread takes no SIGPIPE afterwards.
    static func ask(_ descriptor: Int32, name: String, roots: TrustedRoots) -> Result {
        // OpenSSL does not guard against it: a peer that has gone would take the process along.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        return switch SocketProbe.askForTLS(descriptor) {
        case .accepted: handshake(descriptor, name: name, roots: roots)
        case .refused: .refused
        case .foreign: .foreign
        case .closed: .closed
        case .silent: .silent
        }
    }

    private static func handshake(_ descriptor: Int32, name: String, roots: TrustedRoots) -> Result {
        guard let context = SSL_CTX_new(TLS_client_method()) else { return .failed(reason) }
        defer { SSL_CTX_free(context) }
        // Everything is looked at, nothing is believed: no password is ever sent on this connection.
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
        switch roots {
        case .none: break
        case .system: SSL_CTX_set_default_verify_paths(context)
        case .file(let path): SSL_CTX_load_verify_locations(context, path, nil)
        }
        // What is wrong with a file of roots shows in the result of the verification.
        ERR_clear_error()
        guard let session = SSL_new(context) else { return .failed(reason) }
        defer { SSL_free(session) }
        if HostLookup.canonicalAddress(name) == nil {
            // SSL_set_tlsext_host_name, which is a macro.
            _ = name.withCString { SSL_ctrl(session, 55, 0, UnsafeMutableRawPointer(mutating: $0)) }
        }
        SSL_set_fd(session, descriptor)
        var result: Int32
        // A read that has a limit also ends when the process is stopped and goes on (signal(7)).
        repeat {
            errno = 0
            result = SSL_connect(session)
        } while result < 0 && errno == EINTR
        guard result == 1 else { return .failed(reason) }
        defer { SSL_shutdown(session) }
        guard let certificate = SSL_get0_peer_certificate(session) else { return .failed("no certificate was sent") }
        return .certificate(PeerCertificate(certificate, in: session, name: name))
    }

    private static var reason: String {
        let number = ERR_get_error()
        guard number != 0, let text = ERR_reason_error_string(number) else { return "the connection broke" }
        return String(cString: text)
    }
}

extension PeerCertificate {
    fileprivate init(_ certificate: OpaquePointer, in session: OpaquePointer, name: String) {
        tlsVersion = String(cString: SSL_get_version(session))
        subject = Self.text(X509_get_subject_name(certificate))
        issuers = Self.issuers(session)
        validFrom = Self.date(X509_get0_notBefore(certificate))
        validUntil = Self.date(X509_get0_notAfter(certificate))
        isForName =
            HostLookup.canonicalAddress(name) == nil
            ? X509_check_host(certificate, name, name.utf8.count, 0, nil) == 1
            : X509_check_ip_asc(certificate, name, 0) == 1
        chainFault = Int(SSL_get_verify_result(session))
        chainFaultText = String(cString: X509_verify_cert_error_string(chainFault))
    }

    private static func issuers(_ session: OpaquePointer) -> [String] {
        guard let chain = SSL_get_peer_cert_chain(session) else { return [] }
        return (0..<OPENSSL_sk_num(chain)).compactMap { index in
            OPENSSL_sk_value(chain, index).map { text(X509_get_issuer_name(OpaquePointer($0))) }
        }
    }

    /// The common name, or all of a name that has none.
    private static func text(_ name: OpaquePointer?) -> String {
        guard let name else { return "" }
        var buffer = [CChar](repeating: 0, count: 256)
        if X509_NAME_get_text_by_NID(name, NID_commonName, &buffer, Int32(buffer.count)) < 0 {
            X509_NAME_oneline(name, &buffer, Int32(buffer.count))
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func date(_ time: UnsafePointer<ASN1_TIME>?) -> Date? {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        func digits(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(parts.tm_year + 1900)-\(digits(parts.tm_mon + 1))-\(digits(parts.tm_mday))"
        return Date(rfc3339: "\(day)T\(digits(parts.tm_hour)):\(digits(parts.tm_min)):\(digits(parts.tm_sec))Z")
    }
}
