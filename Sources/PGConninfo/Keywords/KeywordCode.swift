/// libpq's keywords, numbered in the order of `PQconninfoOptions` in libpq 19; older tables are subsets in the same order.
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

    /// The first major version of libpq that has it, among those whose rules are known.
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

    /// The keyword with this name, where libpq of this version has it.
    init?(named name: Span<UInt8>, in dialect: Conninfo.Dialect = .newest) {
        guard let code = Self.code(named: name), code.since <= dialect.majorVersion else { return nil }
        self = code
    }
}
