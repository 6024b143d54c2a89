import RDSIAMBasics

/// A row of libpq's table of keywords, `PQconninfoOptions`.
struct KeywordDefinition: Sendable {
    let name: StaticString
    let environmentVariable: StaticString?
    let compiledDefault: StaticString?

    init(_ name: StaticString, env: StaticString? = nil, default compiled: StaticString? = nil) {
        self.name = name
        self.environmentVariable = env
        self.compiledDefault = compiled
    }

    static func of(_ code: KeywordCode) -> KeywordDefinition {
        table[Int(code.rawValue)]
    }

    /// In the order of ``KeywordCode``.
    static let table: [KeywordDefinition] = [
        .init("service", env: "PGSERVICE"),
        .init("servicefile", env: "PGSERVICEFILE"),
        .init("user", env: "PGUSER"),
        .init("password", env: "PGPASSWORD"),
        .init("passfile", env: "PGPASSFILE"),
        .init("channel_binding", env: "PGCHANNELBINDING", default: "prefer"),
        .init("connect_timeout", env: "PGCONNECT_TIMEOUT"),
        .init("dbname", env: "PGDATABASE"),
        .init("host", env: "PGHOST"),
        .init("hostaddr", env: "PGHOSTADDR"),
        .init("port", env: "PGPORT", default: "5432"),
        .init("client_encoding", env: "PGCLIENTENCODING"),
        .init("options", env: "PGOPTIONS", default: ""),
        .init("application_name", env: "PGAPPNAME"),
        .init("fallback_application_name"),
        .init("keepalives"),
        .init("keepalives_idle"),
        .init("keepalives_interval"),
        .init("keepalives_count"),
        .init("tcp_user_timeout"),
        .init("sslmode", env: "PGSSLMODE", default: "prefer"),
        .init("sslnegotiation", env: "PGSSLNEGOTIATION", default: "postgres"),
        .init("sslcompression", env: "PGSSLCOMPRESSION", default: "0"),
        .init("sslcert", env: "PGSSLCERT"),
        .init("sslkey", env: "PGSSLKEY"),
        .init("sslcertmode", env: "PGSSLCERTMODE"),
        .init("sslpassword"),
        .init("sslrootcert", env: "PGSSLROOTCERT"),
        .init("sslcrl", env: "PGSSLCRL"),
        .init("sslcrldir", env: "PGSSLCRLDIR"),
        .init("sslsni", env: "PGSSLSNI", default: "1"),
        .init("requirepeer", env: "PGREQUIREPEER"),
        .init("require_auth", env: "PGREQUIREAUTH"),
        .init("min_protocol_version", env: "PGMINPROTOCOLVERSION"),
        .init("max_protocol_version", env: "PGMAXPROTOCOLVERSION"),
        .init("ssl_min_protocol_version", env: "PGSSLMINPROTOCOLVERSION", default: "TLSv1.2"),
        .init("ssl_max_protocol_version", env: "PGSSLMAXPROTOCOLVERSION"),
        .init("gssencmode", env: "PGGSSENCMODE", default: "prefer"),
        .init("krbsrvname", env: "PGKRBSRVNAME", default: "postgres"),
        .init("gsslib", env: "PGGSSLIB"),
        .init("gssdelegation", env: "PGGSSDELEGATION", default: "0"),
        .init("replication"),
        .init("target_session_attrs", env: "PGTARGETSESSIONATTRS", default: "any"),
        .init("load_balance_hosts", env: "PGLOADBALANCEHOSTS", default: "disable"),
        .init("scram_client_key"),
        .init("scram_server_key"),
        .init("oauth_issuer"),
        .init("oauth_client_id"),
        .init("oauth_client_secret"),
        .init("oauth_scope"),
        .init("oauth_ca_file", env: "PGOAUTHCAFILE"),
        .init("sslkeylogfile"),
    ]
}

/// The keyword table in the forms that resolving needs, built once because every connection resolves.
enum KeywordDefaults {
    /// The environment variables that set keywords.
    static let variables: [StaticString] = KeywordDefinition.table.compactMap(\.environmentVariable)

    /// The keywords by the environment variables that set them.
    static let codesByVariable: [ByteText: KeywordCode] = {
        var codes: [ByteText: KeywordCode] = [:]
        for code in KeywordCode.allCases {
            if let variable = KeywordDefinition.of(code).environmentVariable {
                codes[ByteText(variable.description)] = code
            }
        }
        return codes
    }()

    /// The compiled-in defaults, one after another, and where each of them lies.
    static let compiled: (bytes: [UInt8], ranges: [(code: KeywordCode, range: Range<Int>)]) = {
        var bytes: [UInt8] = []
        var ranges: [(KeywordCode, Range<Int>)] = []
        for code in KeywordCode.allCases {
            guard let value = KeywordDefinition.of(code).compiledDefault else { continue }
            ranges.append((code, bytes.count..<bytes.count + value.utf8CodeUnitCount))
            value.withUTF8Buffer { bytes.append(contentsOf: $0) }
        }
        return (bytes, ranges)
    }()
}
