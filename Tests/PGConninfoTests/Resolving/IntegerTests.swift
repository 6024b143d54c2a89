import ConninfoDifferential
import PGConninfo
import Testing

/// Checks whole numbers beside `PQconnectdb`, which tries a port on loopback that refuses connections.
@Suite(.timeLimit(.minutes(5))) struct IntegerTests {
    static let values = [
        "10", "0", "1", "2", "-1", "+7", "' 10'", "'10 '", "'\t\n10\u{0B}\u{0C}\r '", "007", "2147483647",
        "-2147483648",
        "2147483648", "-2147483649", "99999999999", "99999999999999999999", "''", "' '", "10s", "abc", "1.5", "1e3",
        "0x10",
        "'1 0'", "-", "+", "+-1", "--1", "1,2", "\u{A0}1", "\u{664}", "1_000", "none",
    ]

    @Test(arguments: values)
    func connectTimeoutIsWhatLibpqTakes(value: String) throws {
        let scenario = Scenario(value, "host=127.0.0.1 port=1 connect_timeout=\(value)")
        try scenario.withHome { run in
            let libpq = String(decoding: try run.askLibpq(blocking: true).error, as: UTF8.self)
            let resolved = try run.resolve()
            do {
                _ = try resolved.connectTimeout
                try resolved.validate()
                #expect(!libpq.contains("invalid integer value"), "libpq: \(libpq)")
            } catch let error as ConninfoError {
                #expect(error.code == .invalidInteger)
                #expect(error.keyword == "connect_timeout")
                #expect(libpq.hasSuffix(error.unsafeLibpqMessage), "libpq: \(libpq)")
                #expect(throws: error) { try resolved.validate() }
            }
        }
    }

    static let keywords = [
        "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
    ]

    @Test(arguments: keywords, ["10", "' 10 '", "-1", "2147483648", "99999999999", "''", "10s", "abc"])
    func tcpSettingsAreWhatLibpqTakes(keyword: String, value: String) throws {
        try compare(Scenario(value, "host=127.0.0.1 port=1 \(keyword)=\(value)"))
    }

    @Test(arguments: [
        "keepalives=0 keepalives_idle=x", "keepalives=00 keepalives_count=x", "keepalives='' keepalives_interval=x",
        "keepalives=0 tcp_user_timeout=x", "keepalives=2 keepalives_idle=x", "keepalives_idle=x keepalives_interval=y",
        "keepalives=x keepalives_idle=y",
    ])
    func tcpSettingsTogetherAreWhatLibpqTakes(settings: String) throws {
        try compare(Scenario(settings, "host=127.0.0.1 port=1 " + settings))
    }

    @Test func tcpSettingsDoNotMatterOnASocket() throws {
        try compare(Scenario("socket", "host=/nowhere port=1 keepalives=x tcp_user_timeout=y"))
    }

    private func compare(_ scenario: Scenario) throws {
        try scenario.withHome { run in
            let libpq = String(decoding: try run.askLibpq().error, as: UTF8.self)
            do {
                try run.resolve().validate()
                #expect(!libpq.contains("integer"), "libpq: \(libpq)")
            } catch let error as ConninfoError {
                #expect(error.code == .invalidInteger)
                #expect(libpq.hasSuffix(error.unsafeLibpqMessage), "libpq: \(libpq)")
            }
        }
    }

    @Test(
        arguments: [
            ("", nil, nil), ("connect_timeout=10", 10, 10), ("connect_timeout=1", 2, 1), ("connect_timeout=2", 2, 2),
            ("connect_timeout=0", nil, nil), ("connect_timeout=-5", nil, nil), ("connect_timeout=' 3 '", 3, 3),
            ("connect_timeout=2147483647", 2_147_483_647, 2_147_483_647),
        ] as [(String, Int?, Int?)]
    )
    func timeoutIsInSeconds(text: String, old: Int?, new: Int?) throws {
        #expect(try Conninfo.parse(text, dialect: .v16).resolve(in: .empty).connectTimeout == old)
        #expect(try Conninfo.parse(text, dialect: .v17).resolve(in: .empty).connectTimeout == new)
    }

    @Test func timeoutComesFromTheEnvironmentToo() throws {
        let environment = ConninfoEnvironment(variables: ["PGCONNECT_TIMEOUT": "10s"])
        let error = try #require(throws: ConninfoError.self) { try Conninfo().resolve(in: environment).connectTimeout }
        #expect(
            error.message
                == "A value is not a whole number, or is out of range (keyword \"connect_timeout\"). "
                + "Write a number without a unit, such as 10."
        )
    }
}
