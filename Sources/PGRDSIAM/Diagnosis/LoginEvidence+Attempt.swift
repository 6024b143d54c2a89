import AuthTokens
import CLibpq
import LibpqClient
@_exported public import LoginDiagnosis
import PGConninfo
import RDSIAMBasics
import RDSIAMSystem

extension LoginEvidence {
    /// Creates evidence from a login with a token that failed.
    ///
    /// - Parameters:
    ///   - error: What the client says of the failure.
    ///   - issued: The token.
    ///   - parameters: The parameters that libpq got.
    ///   - sources: Where they come from.
    ///   - now: This machine's time.
    init(
        of error: PGError,
        with issued: IssuedToken,
        _ parameters: Conninfo,
        _ sources: SettingSources,
        now: Date = Date()
    ) {
        self.init(now: now)
        messages = [error.diagnosedMessage]
        passwordWasUsed = error.passwordWasUsed
        host = issued.request.host
        address = error.endpoint.flatMap { $0.address.isEmpty ? nil : $0.address }
        port = issued.request.port
        user = issued.token.user ?? issued.request.user
        database = issued.request.database
        isReplication = parameters.asksForReplication
        token = TokenFacts(issued.token)
        settings = Self.settings(issued.request, parameters, sources)
        libpqVersion = Int(PQlibVersion())
        if messages[0].text.containsBytes("certificate verify failed") {
            trustedRoots = Self.trustedRoots(parameters, sources)
        }
    }

    private static let keywords: [Conninfo.Keyword] = [
        .sslmode, .sslrootcert, .channelBinding, .requireAuth, .gssencmode, .hostaddr,
    ]

    private static func settings(
        _ request: AuthTokenRequest,
        _ parameters: Conninfo,
        _ sources: SettingSources
    ) -> [String: Setting] {
        var settings = request.parameters.mapValues { Setting($0) }
        for keyword in keywords {
            guard let value = parameters[keyword] else { continue }
            settings[keyword.name] = Setting(value, from: sources.source(of: keyword))
        }
        // libpq gets a list with an address for each host, empty for those that are looked up.
        if settings["hostaddr"]?.value.utf8.allSatisfy({ $0 == UInt8(ascii: ",") }) == true {
            settings["hostaddr"] = nil
        }
        return settings
    }

    /// The kinds of roots in the file that is trusted, or `nil` if there is none, or if it cannot be read.
    private static func trustedRoots(_ parameters: Conninfo, _ sources: SettingSources) -> Set<TrustRoots>? {
        let named = parameters.bytes(of: .sslrootcert).flatMap { $0.isEmpty ? nil : $0 }
        guard let path = named ?? sources.standardRootFile, let content = sources.environment.files(path)?.contents
        else { return nil }
        return TrustRoots.found(inPEM: content)
    }
}

extension Conninfo {
    /// Whether the login is for replication (libpq, `replication`).
    fileprivate var asksForReplication: Bool {
        let value = self[.replication]?.asciiLowercased() ?? ""
        return !["", "false", "off", "no", "0"].contains { $0.isBytewiseEqual(to: value) }
    }
}

extension PGError {
    /// The message without libpq's advice, for want of a file of roots, to do without the check of the certificate.
    var messageWithoutWeakAdvice: String {
        guard server == nil, let advice = message.firstRange(of: "; Either provide the file") else { return message }
        return String(message[..<advice.lowerBound]) + "."
    }

    /// The server's message, or else libpq's words without the name of the server.
    fileprivate var diagnosedMessage: ServerMessage {
        if let server {
            return ServerMessage(
                server.message,
                sqlState: server.sqlState,
                severity: server.severity,
                detail: server.detail,
                hint: server.hint
            )
        }
        let mark = "cannot be used: "
        let words = messageWithoutWeakAdvice.splitBytes(separator: "\n").joined(separator: " ")
        guard let endpoint, let start = words.firstRange(of: "\(endpoint) \(mark)") else { return ServerMessage(words) }
        return ServerMessage(String(words[start.upperBound...]))
    }
}
