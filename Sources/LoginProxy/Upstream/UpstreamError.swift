#if Proxy
import AuthTokens
import Logging
import LoginDiagnosis
import NIOCore

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
        /// The server refused the login for another reason than the token, or asks for something else.
        static let loginImpossible = Code(name: "loginImpossible")
        /// There is no token.
        static let noToken = Code(name: "noToken")
    }

    let code: Code
    /// The error in the proxy's own words; `nil` if the server said it.
    let own: ClientError?
    /// The server's own words.
    let server: ServerError?
    /// How far the login had come.
    private(set) var progress = UpstreamLogin.Progress.unencrypted
    /// The token of the attempt.
    var issued: IssuedToken?
    /// What else the client may be told: what to do.
    private(set) var hint: String?

    init(_ code: Code, _ error: ClientError) {
        (self.code, own, server) = (code, error, nil)
    }

    init(_ failure: UpstreamLogin.Failure, _ progress: UpstreamLogin.Progress) {
        self.progress = progress
        switch failure {
        case .refused(let error):
            code = progress == .tokenSent && error.isRefusalOfLogin ? .loginRefused : .loginImpossible
            (own, server) = (nil, error)
        case .unacceptable(let error):
            (code, own, server) = (.loginImpossible, error, nil)
        case .closed:
            code = .connectionFailed
            let when =
                switch progress {
                case .unencrypted, .encrypted: "before the login"
                case .tokenSent: "after it had received the token"
                case .tokenAccepted: "after it had accepted the token"
                }
            let message = "the server closed the connection unexpectedly, \(when)"
            (own, server) = (ClientError("08006", message), nil)
        }
    }

    /// The same failure of a login that had come this far.
    func reached(_ progress: UpstreamLogin.Progress) -> UpstreamError {
        var error = self
        error.progress = progress
        return error
    }

    /// What it says about the token.
    var outcome: TokenOutcome {
        if progress == .tokenAccepted { return .accepted }
        return code == .loginRefused ? .refused : .notJudged
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

    /// What the log says about it.
    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["reason": "\(summary)"]
        if let detail = own?.detail ?? server?.detail { metadata["detail"] = "\(detail)" }
        return metadata
    }

    /// The code under which the audit log files it.
    var auditCode: String { "LoginProxy.\(code.name)" }
}

extension UpstreamError {
    /// Adds what is likely to be wrong as a hint.
    func diagnosed(
        _ host: UpstreamHost,
        _ address: SocketAddress?,
        user: String,
        database: String?,
        _ upstream: Upstream
    ) -> UpstreamError {
        var evidence = LoginEvidence()
        evidence.messages = [words]
        evidence.passwordWasUsed = progress >= .tokenSent
        evidence.isTLSInUse = progress >= .encrypted
        (evidence.host, evidence.address, evidence.port) = (host.request.host, address?.ipAddress, host.port)
        (evidence.user, evidence.database) = (user, database)
        evidence.token = issued.map { TokenFacts($0.token) }
        evidence.settings = host.request.parameters.mapValues { .init($0) }
        evidence.settings["sslmode"] = .init("verify-full")
        evidence.settings["sslrootcert"] = upstream.rootFile.map { .init($0) }
        var error = self
        let causes = evidence.likelyCauses.prefix(3).map(\.description)
        error.hint = causes.isEmpty ? nil : causes.joined(separator: "\n")
        return error
    }

    private var words: ServerMessage {
        guard let server else {
            return ServerMessage([own?.message, own?.detail].compactMap { $0 }.joined(separator: ": "))
        }
        return ServerMessage(
            server.message ?? "",
            sqlState: server.sqlState,
            severity: server.severity,
            detail: server.detail,
            hint: server.hint
        )
    }
}
#endif
