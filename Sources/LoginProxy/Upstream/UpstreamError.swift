#if Proxy
import AuthTokens

/// Why a client gets no session: what it is told, and what the audit log says.
struct UpstreamError: Error, AuditableError {
    /// What failed.
    struct Code: Sendable, Hashable {
        let name: String

        /// The server cannot be reached, or the connection broke.
        static let connectionFailed = Code(name: "connectionFailed")
        /// The server did not answer in time.
        static let timedOut = Code(name: "timedOut")
        /// There is no TLS connection to the server that the connection string names.
        static let untrustedServer = Code(name: "untrustedServer")
        /// The server refused the login after it had received the token.
        static let loginRefused = Code(name: "loginRefused")
        /// The server refused the login before it had received the token, or asks for something else.
        static let loginImpossible = Code(name: "loginImpossible")
        /// There is no token.
        static let noToken = Code(name: "noToken")
    }

    let code: Code
    /// The error in the proxy's own words; `nil` if the server said it.
    let own: ClientError?
    /// The server's own words.
    let server: ServerError?
    /// What else the client may be told: what to do.
    var hint: String?

    init(_ code: Code, _ error: ClientError) {
        (self.code, own, server) = (code, error, nil)
    }

    init(_ failure: UpstreamLogin.Failure) {
        switch failure {
        case .refused(let error, let afterPassword):
            code = afterPassword && error.isRefusalOfLogin ? .loginRefused : .loginImpossible
            (own, server) = (nil, error)
        case .unacceptable(let error):
            (code, own, server) = (.loginImpossible, error, nil)
        case .closed(let afterPassword):
            code = .connectionFailed
            let when = afterPassword ? "after it had received the token" : "before the login"
            (own, server) = (ClientError("08006", "the server closed the connection \(when)"), nil)
        }
    }

    /// The SQLSTATE that the client gets; empty if the server sent none.
    var sqlState: String { own?.sqlState ?? server?.sqlState ?? "" }

    /// Whether another address of the server, or another server of the list, may let the client in.
    var allowsNextAddress: Bool {
        code == .connectionFailed || code == .timedOut || server?.sqlState == "57P03"
    }

    /// The ErrorResponse for the client.
    var encoded: [UInt8] {
        if let server { return server.bytes(withHint: hint) }
        var error = own ?? ClientError("08006", "the login failed")
        error.hint = error.hint ?? hint
        return error.encoded
    }

    /// One line for the log.
    var summary: String { own?.message ?? server?.message ?? "the server gave no reason" }

    /// The code under which the audit log files it.
    var auditCode: String { "LoginProxy.\(code.name)" }
}
#endif
