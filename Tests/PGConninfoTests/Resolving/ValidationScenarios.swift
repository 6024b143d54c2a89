/// The checks before connecting: good and bad values of each keyword, and which of two faults is reported first.
enum ValidationScenarios {
    private static let away = "host=127.0.0.1 port=1 "

    static let all =
        values("channel_binding", ["disable", "prefer", "require", "''", "Prefer", "x"])
        + values("sslmode", ["disable", "allow", "prefer", "require", "verify-ca", "''", "Require", "verify"])
        + values("ssl_min_protocol_version", ["''", "TLSv1", "tlsv1.1", "TLSV1.2", "TLSv1.3", "TLSv1.4", "SSLv3", "1"])
        + values("ssl_max_protocol_version", ["''", "TLSv1.2", "tlsv1.3", "TLSv1", "TLSv1.1", "x"])
        + values("gssencmode", ["disable", "prefer", "''", "x"])
        + values(
            "target_session_attrs",
            ["any", "read-write", "read-only", "primary", "standby", "prefer-standby", "''", "x"]
        )
        + values("connect_timeout", ["3", "0"])
        + pairs.map { Scenario($0, away + $0) }

    private static func values(_ keyword: String, _ values: [String]) -> [Scenario] {
        values.map { Scenario("\(keyword)=\($0)", away + "\(keyword)=\($0)") }
    }

    private static let pairs = [
        "ssl_min_protocol_version=TLSv1 ssl_max_protocol_version=TLSv1",
        "ssl_min_protocol_version=TLSv1.1 ssl_max_protocol_version=TLSv1",
        "ssl_min_protocol_version=tlsv1.3 ssl_max_protocol_version=TLSV1.2",
        "ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=''",
        "ssl_min_protocol_version=x ssl_max_protocol_version=y",
        "hostaddr=127.0.0.1,127.0.0.2 channel_binding=x",
        "channel_binding=x sslmode=x",
        "sslmode=x ssl_min_protocol_version=x",
        "ssl_max_protocol_version=TLSv1.1 gssencmode=x",
        "gssencmode=x target_session_attrs=x",
        "sslmode='a\"b'",
        "sslmode=x\\'y",
    ]
}
