/// libpq's keywords, numbered in the order of `PQconninfoOptions` in libpq 19; older tables are subsets in the same
/// order.
enum KeywordCode: UInt8, CaseIterable, Sendable {
    case service
    case servicefile
    case user
    case password
    case passfile
    case channelBinding
    case connectTimeout
    case dbname
    case host
    case hostaddr
    case port
    case clientEncoding
    case options
    case applicationName
    case fallbackApplicationName
    case keepalives
    case keepalivesIdle
    case keepalivesInterval
    case keepalivesCount
    case tcpUserTimeout
    case sslmode
    case sslnegotiation
    case sslcompression
    case sslcert
    case sslkey
    case sslcertmode
    case sslpassword
    case sslrootcert
    case sslcrl
    case sslcrldir
    case sslsni
    case requirepeer
    case requireAuth
    case minProtocolVersion
    case maxProtocolVersion
    case sslMinProtocolVersion
    case sslMaxProtocolVersion
    case gssencmode
    case krbsrvname
    case gsslib
    case gssdelegation
    case replication
    case targetSessionAttrs
    case loadBalanceHosts
    case scramClientKey
    case scramServerKey
    case oauthIssuer
    case oauthClientId
    case oauthClientSecret
    case oauthScope
    case oauthCaFile
    case sslkeylogfile

    var isSecret: Bool {
        switch self {
        case .password, .sslpassword, .oauthClientSecret, .scramClientKey, .scramServerKey: true
        default: false
        }
    }

    /// The first major version of libpq that has it, or 15 if it is older than all known versions.
    var since: Int {
        switch self {
        case .servicefile, .oauthCaFile: 19
        case .minProtocolVersion, .maxProtocolVersion, .scramClientKey, .scramServerKey, .oauthIssuer,
            .oauthClientId, .oauthClientSecret, .oauthScope, .sslkeylogfile:
            18
        case .sslnegotiation: 17
        case .sslcertmode, .requireAuth, .gssdelegation, .loadBalanceHosts: 16
        default: 15
        }
    }

    /// Finds the keyword with this name, or returns `nil` if libpq of this version has none.
    init?(named name: Span<UInt8>, in dialect: Conninfo.Dialect = .newest) {
        guard let code = Self.code(named: name), code.since <= dialect.majorVersion else { return nil }
        self = code
    }
}

// Finds a keyword by the length of its name first, then by comparison with the few names of that length. Constants in
// the code need no table at run time and no reference counting.
extension KeywordCode {
    static func code(named name: Span<UInt8>) -> KeywordCode? {
        switch name.count {
        case 4: ofLength4(name)
        case 6: ofLength6(name)
        case 7: ofLength7(name)
        case 8: ofLength8(name)
        case 9: ofLength9(name)
        case 10: ofLength10(name)
        case 11: ofLength11(name)
        case 12: ofLength12(name)
        case 13: ofLength13(name)
        case 14: ofLength14(name)
        case 15: ofLength15(name)
        case 16: ofLength16(name)
        case 18: ofLength18(name)
        case 19: ofLength19(name)
        case 20: ofLength20(name)
        case 24: ofLength24(name)
        case 25: ofLength25(name)
        default: nil
        }
    }

    private static func ofLength4(_ name: Span<UInt8>) -> KeywordCode? {
        if name.equals("user") { return .user }
        if name.equals("host") { return .host }
        return name.equals("port") ? .port : nil
    }

    private static func ofLength6(_ name: Span<UInt8>) -> KeywordCode? {
        if name.equals("dbname") { return .dbname }
        if name.equals("sslkey") { return .sslkey }
        if name.equals("sslcrl") { return .sslcrl }
        if name.equals("sslsni") { return .sslsni }
        return name.equals("gsslib") ? .gsslib : nil
    }

    private static func ofLength7(_ name: Span<UInt8>) -> KeywordCode? {
        if name.equals("service") { return .service }
        if name.equals("options") { return .options }
        if name.equals("sslmode") { return .sslmode }
        return name.equals("sslcert") ? .sslcert : nil
    }

    private static func ofLength8(_ name: Span<UInt8>) -> KeywordCode? {
        if name.equals("password") { return .password }
        if name.equals("passfile") { return .passfile }
        return name.equals("hostaddr") ? .hostaddr : nil
    }

    private static func ofLength9(_ name: Span<UInt8>) -> KeywordCode? {
        name.equals("sslcrldir") ? .sslcrldir : nil
    }

    private static func ofLength10(_ name: Span<UInt8>) -> KeywordCode? {
        if name.equals("keepalives") { return .keepalives }
        if name.equals("gssencmode") { return .gssencmode }
        return name.equals("krbsrvname") ? .krbsrvname : nil
    }

    private static func ofLength11(_ name: Span<UInt8>) -> KeywordCode? {
        if name.equals("servicefile") { return .servicefile }
        if name.equals("sslcertmode") { return .sslcertmode }
        if name.equals("sslpassword") { return .sslpassword }
        if name.equals("sslrootcert") { return .sslrootcert }
        if name.equals("requirepeer") { return .requirepeer }
        if name.equals("replication") { return .replication }
        return name.equals("oauth_scope") ? .oauthScope : nil
    }

    private static func ofLength12(_ name: Span<UInt8>) -> KeywordCode? {
        if name.equals("require_auth") { return .requireAuth }
        return name.equals("oauth_issuer") ? .oauthIssuer : nil
    }

    private static func ofLength13(_ name: Span<UInt8>) -> KeywordCode? {
        if name.equals("gssdelegation") { return .gssdelegation }
        if name.equals("oauth_ca_file") { return .oauthCaFile }
        return name.equals("sslkeylogfile") ? .sslkeylogfile : nil
    }

    private static func ofLength14(_ name: Span<UInt8>) -> KeywordCode? {
        if name.equals("sslnegotiation") { return .sslnegotiation }
        return name.equals("sslcompression") ? .sslcompression : nil
    }

    private static func ofLength15(_ name: Span<UInt8>) -> KeywordCode? {
        if name.equals("channel_binding") { return .channelBinding }
        if name.equals("connect_timeout") { return .connectTimeout }
        if name.equals("client_encoding") { return .clientEncoding }
        if name.equals("keepalives_idle") { return .keepalivesIdle }
        return name.equals("oauth_client_id") ? .oauthClientId : nil
    }

    private static func ofLength16(_ name: Span<UInt8>) -> KeywordCode? {
        if name.equals("application_name") { return .applicationName }
        if name.equals("keepalives_count") { return .keepalivesCount }
        if name.equals("tcp_user_timeout") { return .tcpUserTimeout }
        if name.equals("scram_client_key") { return .scramClientKey }
        return name.equals("scram_server_key") ? .scramServerKey : nil
    }

    private static func ofLength18(_ name: Span<UInt8>) -> KeywordCode? {
        name.equals("load_balance_hosts") ? .loadBalanceHosts : nil
    }

    private static func ofLength19(_ name: Span<UInt8>) -> KeywordCode? {
        if name.equals("keepalives_interval") { return .keepalivesInterval }
        return name.equals("oauth_client_secret") ? .oauthClientSecret : nil
    }

    private static func ofLength20(_ name: Span<UInt8>) -> KeywordCode? {
        if name.equals("min_protocol_version") { return .minProtocolVersion }
        if name.equals("max_protocol_version") { return .maxProtocolVersion }
        return name.equals("target_session_attrs") ? .targetSessionAttrs : nil
    }

    private static func ofLength24(_ name: Span<UInt8>) -> KeywordCode? {
        if name.equals("ssl_min_protocol_version") { return .sslMinProtocolVersion }
        return name.equals("ssl_max_protocol_version") ? .sslMaxProtocolVersion : nil
    }

    private static func ofLength25(_ name: Span<UInt8>) -> KeywordCode? {
        name.equals("fallback_application_name") ? .fallbackApplicationName : nil
    }
}
