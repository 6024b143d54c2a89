#if Proxy
import NIOSSL
import PGConninfo
import RDSIAMBasics

extension Upstream {
    /// Refuses what would weaken the connection, or what the proxy would have to leave out.
    ///
    /// - Parameters:
    ///   - conninfo: The connection string.
    ///   - resolved: What it comes to.
    ///   - environment: What unset parameters came from.
    static func check(
        _ conninfo: Conninfo,
        _ resolved: ResolvedConninfo,
        _ environment: ConninfoEnvironment
    ) throws(ProxyError) {
        for keyword in Conninfo.Keyword.all {
            guard let bytes = resolved.parameters.bytes(of: keyword), !bytes.isEmpty,
                let objection = objection(to: keyword.name, String(decoding: bytes, as: UTF8.self))
            else { continue }
            // Variables of the environment are there for the clients too, which say this for themselves.
            let isFromEnvironment =
                conninfo.bytes(of: keyword) == nil
                && keyword.environmentVariable.flatMap { environment.variables[$0] } == bytes
            if isFromEnvironment, objection.isAboutSession { continue }
            throw ProxyError(.invalidUpstream, objection.message)
        }
        let home = environment.homeDirectory.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let usualList = home + "/.postgresql/root.crl"
        if !home.isEmpty, environment.files(Array(usualList.utf8)) != nil {
            throw ProxyError(.invalidUpstream, "\(noRevocationLists) Remove \(usualList), or set another HOME.")
        }
    }

    private static let noRevocationLists = "The proxy examines no certificate revocation lists."

    /// Why a parameter cannot be what it is.
    private struct Objection {
        let message: String
        /// Whether it asks for something of a session, which is its client's to say.
        var isAboutSession = false
    }

    /// Returns why the proxy cannot do what a parameter asks, or `nil` if it does so, or if nothing is lost.
    private static func objection(to keyword: String, _ value: String) -> Objection? {
        switch (keyword, value) {
        case ("sslmode", "disable"), ("sslmode", "allow"), ("sslmode", "prefer"):
            Objection(
                message: "sslmode=\(value) would allow a connection without TLS, over which no token may be sent. Set "
                    + "sslmode=verify-full, or leave it out."
            )
        case ("gssencmode", "require"):
            Objection(message: "The proxy encrypts with TLS, not with GSSAPI. Leave gssencmode out.")
        case ("target_session_attrs", let wish) where wish != "any":
            Objection(
                message: "The proxy does not examine servers, so target_session_attrs=\(wish) has no meaning. Name the "
                    + "cluster's writer or reader endpoint, and leave target_session_attrs to the clients."
            )
        case ("sslcert", _), ("sslkey", _), ("sslcertmode", "require"):
            Objection(message: "The proxy shows no client certificate to a server. Leave \(keyword) out.")
        case ("sslcrl", _), ("sslcrldir", _): Objection(message: "\(noRevocationLists) Leave \(keyword) out.")
        case ("channel_binding", "require"):
            Objection(
                message: "A token is sent as a clear-text password inside TLS, which has no channel binding. Leave "
                    + "channel_binding out."
            )
        case ("require_auth", let methods) where !permitsPassword(methods):
            Objection(
                message: "A token is sent as a clear-text password inside TLS, which require_auth=\(methods) does not "
                    + "allow. Set require_auth=password, or leave it out."
            )
        case ("ssl_max_protocol_version", let version) where ["tlsv1", "tlsv1.1"].contains(version.asciiLowercased()):
            Objection(message: "The proxy uses TLS 1.2 or later. Leave ssl_max_protocol_version out.")
        case ("sslnegotiation", "direct"):
            Objection(message: "The proxy asks a server for TLS first. Set sslnegotiation=postgres, or leave it out.")
        case ("sslsni", "0"): Objection(message: "The proxy names the server when TLS begins. Leave sslsni out.")
        case ("sslkeylogfile", _): Objection(message: "The proxy writes no secrets of TLS. Leave sslkeylogfile out.")
        case ("application_name", _), ("fallback_application_name", _), ("client_encoding", _), ("options", _),
            ("replication", _), ("min_protocol_version", _), ("max_protocol_version", _):
            Objection(
                message: "Each client of the proxy says \(keyword) for its own session. Leave it out here, and set it "
                    + "in the clients' connection strings.",
                isAboutSession: true
            )
        default: nil
        }
    }

    /// Returns whether a value of `require_auth` allows a clear-text password.
    private static func permitsPassword(_ methods: String) -> Bool {
        let list = methods.splitBytes(separator: ",")
        let isNegative = methods.hasBytePrefix("!")
        return list.contains { $0.isBytewiseEqual(to: isNegative ? "!password" : "password") } != isNegative
    }
}

extension TLSVersion {
    /// Reads a value of libpq's, in which uppercase and lowercase are the same; versions before 1.2 are none.
    init?(libpq text: String?) {
        switch text?.asciiLowercased() {
        case "tlsv1.2": self = .tlsv12
        case "tlsv1.3": self = .tlsv13
        default: return nil
        }
    }
}
#endif
