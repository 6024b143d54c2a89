import RDSIAMSystem
import Testing

@testable import LoginDiagnosis

@Suite("A failed login", .timeLimit(.minutes(1)))
struct CauseTests {
    @Test("has the cause that its words and facts point to, first", arguments: Fault.all)
    func first(_ fault: Fault) {
        let causes = fault.evidence.likelyCauses
        #expect(causes.first?.code == fault.code, "\(causes)")
        #expect(causes.first?.certainty == fault.certainty)
    }

    @Test("is told in sentences that say what to do, in one line each", arguments: Fault.all)
    func sentences(_ fault: Fault) {
        for cause in fault.evidence.likelyCauses {
            for text in [cause.summary, cause.advice] + cause.evidence {
                #expect(text.hasSuffix("."), "\(text)")
                #expect(
                    text.first?.isUppercase == true || text.hasPrefix("sslrootcert=")
                        || text.hasPrefix("target_session_attrs="),
                    "\(text)"
                )
                #expect(!text.contains("\n") && !text.contains("  ") && !text.contains(".."), "\(text)")
            }
        }
    }

    @Test("never has a part of the token that is secret in its causes", arguments: Fault.all)
    func secrets(_ fault: Fault) {
        var evidence = fault.evidence
        evidence.messages[0].detail = "the password was \(LoginEvidence.token())"
        let text = evidence.likelyCauses.map { "\($0) \($0.evidence)" }.joined()
        #expect(!text.contains("SECRETSESSION") && !text.contains("5ec7e7a1"))
    }

    @Test("in which no token was judged has no cause that blames the token", arguments: Fault.tokens + Fault.rights)
    func notJudged(_ fault: Fault) {
        var evidence = fault.evidence
        evidence.passwordWasUsed = false
        #expect(evidence.likelyCauses.map(\.code) == [.refusedBeforeToken])
    }

    @Test("is a refusal of the token only if the words say nothing else")
    func refusalOfToken() {
        for fault in Fault.tokens + Fault.rights { #expect(fault.evidence.isRefusalOfToken, "\(fault)") }
        for fault in Fault.services {
            let isAboutToken: [LikelyCause.Code] = [.clockSkew, .tokenExpired, .dsqlAction, .proxyRole]
            let isRefused = isAboutToken.contains(fault.code) || fault.testDescription.contains("refuses the token")
            #expect(fault.evidence.isRefusalOfToken == isRefused, "\(fault)")
        }
        for fault in Fault.access + Fault.tls + Fault.others + Fault.session + Fault.network
        where fault.code != .kerberos {
            #expect(!fault.evidence.isRefusalOfToken, "\(fault)")
        }
    }

    @Test(
        "is not taken for another because of the name of a user, a database or a host",
        arguments: [
            "server login failed", "no such user", "pg_hba.conf", "replication role", "does not exist", "\"", "a\"b",
        ]
    )
    func misleadingNames(_ name: String) {
        var evidence = LoginEvidence.ordinary
        evidence.user = name
        evidence.messages = [ServerMessage("password authentication failed for user \"\(name)\"", sqlState: "28P01")]
        #expect(evidence.likelyCauses.first?.code == .userWithoutRDSIAM)
        evidence.messages = [ServerMessage("database \"\(name)\" does not exist", sqlState: "3D000")]
        #expect(evidence.likelyCauses.map(\.code) == [.databaseMissing])
    }

    @Test(
        "has commands in its advice that no name can add to",
        arguments: ["db;reboot", "$(reboot)", "-x", "a b", "`id`", "a\nb", "\u{202E}gnp", "", "\u{212A}"]
    )
    func commands(_ name: String) {
        var evidence = LoginEvidence.ordinary
        (evidence.host, evidence.user, evidence.database) = (name, name, name)
        for fault in Fault.all {
            evidence.messages = fault.evidence.messages
            for cause in evidence.likelyCauses {
                let commands = cause.advice.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                    .filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
                let named = commands.filter { $0.contains("getent") || $0.contains("psql") }
                #expect(named.allSatisfy { $0 == "rds-iam psql -h HOST -U USER -d postgres -- -l" }, "\(named)")
                // A backtick in a name would end the command in the middle of the name.
                let sql = commands.filter { command in ["GRANT", "ALTER", "REVOKE"].contains { command.hasPrefix($0) } }
                #expect(sql.allSatisfy { $0.utf8.count { $0 == 0x22 }.isMultiple(of: 2) }, "\(sql)")
                #expect(!"\(cause)".contains("\n") && !"\(cause)".contains("\u{202E}"))
            }
        }
    }

    @Test("has commands in its advice that name the server")
    func namedServer() throws {
        var evidence = LoginEvidence.ordinary
        (evidence.host, evidence.port) = ("my_db.example.com", 6000)
        evidence.messages = [ServerMessage(#"database "x" does not exist"#, sqlState: "3D000")]
        let list = "`rds-iam psql -h my_db.example.com -p 6000 -U andrew -d postgres -- -l`"
        #expect(evidence.likelyCauses.first?.advice.contains(list) == true, "\(evidence.likelyCauses)")
        evidence.messages = [ServerMessage(#"could not translate host name "x" to address: unknown"#)]
        #expect(evidence.likelyCauses.first?.advice.contains("`getent hosts my_db.example.com`") == true)
    }

    /// A message, the settings, and what is said first.
    static let parameters = [
        (
            #"unrecognized configuration parameter "nope""#, "options", "-c nope=1", "PGOPTIONS",
            "PGOPTIONS sets \"nope\", "
        ),
        (
            #"unrecognized configuration parameter "nope""#, "options", "-c nope=1", "service x",
            "The setting options sets "
        ),
        (
            #"invalid value for parameter "statement_timeout": "5x""#, "options", "-c statement_timeout=5x",
            "connection string",
            #"The setting options sets "statement_timeout" to "5x", which the server does not accept."#
        ),
        (
            #"invalid value for parameter "client_encoding": "x""#, "client_encoding", "x", "PGCLIENTENCODING",
            "PGCLIENTENCODING"
        ),
        (#"invalid value for parameter "TimeZone": "x""#, "sslmode", "require", "PGSSLMODE", "PGTZ sets \"TimeZone\""),
        (#"invalid value for parameter "TimeZone": "x""#, "options", "-c timezone=x", "PGOPTIONS", "PGOPTIONS sets"),
        (#"invalid value for parameter "DateStyle": "x""#, "options", "-c geqo=on", "PGOPTIONS", "PGDATESTYLE sets"),
    ]

    @Test("over a parameter is blamed on the setting that it comes from", arguments: parameters)
    func parameter(_ words: String, _ keyword: String, _ value: String, _ source: String, _ says: String) {
        var evidence = LoginEvidence.ordinary
        evidence.settings[keyword] = .init(value, from: source)
        evidence.messages = [ServerMessage(words, sqlState: "22023", severity: "FATAL")]
        #expect(evidence.likelyCauses.map(\.code) == [.serverParameter])
        #expect(evidence.likelyCauses[0].summary.hasPrefix(says), "\(evidence.likelyCauses)")
        evidence.settings = [:]
        let unknown = evidence.likelyCauses[0].summary
        #expect(unknown.hasPrefix("The setting options sets") || unknown.hasPrefix("PG"), "\(unknown)")
    }

    @Test("of which nothing is known has no cause")
    func nothing() {
        #expect(LoginEvidence().likelyCauses.isEmpty)
        var evidence = LoginEvidence()
        evidence.messages = [ServerMessage("words that nothing knows")]
        #expect(evidence.likelyCauses.isEmpty)
    }

    @Test("whose second refusal is about TLS goes by the first, and says so")
    func pair() {
        var evidence = LoginEvidence.ordinary
        evidence.messages = [ServerMessage](
            libpqText: """
                connection to server at "10.0.0.1", port 5432 failed: FATAL:  PAM authentication failed for user "andrew"
                connection to server at "10.0.0.1", port 5432 failed: FATAL:  pg_hba.conf rejects connection for host \
                "10.0.0.2", user "andrew", database "blog", no encryption
                """
        )
        #expect(evidence.messages.map(\.state) == ["28000", "28000"])
        #expect(evidence.likelyCauses.prefix(2).map(\.code) == [.plaintextFallback, .missingPermission])
        evidence.token = TokenFacts(reading: LoginEvidence.token(region: "us-east-1"))
        #expect(evidence.likelyCauses.prefix(2).map(\.code) == [.regionMismatch, .plaintextFallback])
    }

    @Test("rules out the clock if AWS's time is known and the same")
    func rightClock() {
        var evidence = LoginEvidence.ordinary
        evidence.messages = [ServerMessage(pam, sqlState: "28000")]
        #expect(evidence.likelyCauses.contains { $0.code == .clockSkew && $0.certainty == .possible })
        evidence.serverDate = LoginEvidence.noon + 2
        #expect(!evidence.likelyCauses.contains { $0.code == .clockSkew })
    }

    @Test("through a tunnel on the port that RDS itself has is not blamed on the port alone")
    func tunnelOnStandardPort() {
        var evidence = LoginEvidence.ordinary
        evidence.messages = [ServerMessage(pam, sqlState: "28000")]
        evidence.settings["hostaddr"] = .init("127.0.0.1")
        let causes = evidence.likelyCauses
        #expect(causes.first?.code == .missingPermission)
        #expect(causes.first { $0.code == .tunnelPort }?.certainty == .possible)
        evidence.settings["aws_rds_iam_port"] = .init("5432")
        #expect(!evidence.likelyCauses.contains { $0.code == .tunnelPort })
    }

    @Test("to an address without a host name is blamed on the address, not on the port", arguments: [nil, "127.0.0.1"])
    func addressAlone(_ host: String?) {
        var evidence = LoginEvidence.ordinary
        (evidence.host, evidence.address, evidence.port) = (host, "127.0.0.1", 5433)
        evidence.messages = [ServerMessage(pam, sqlState: "28000")]
        evidence.settings["hostaddr"] = .init("127.0.0.1")
        evidence.token = TokenFacts(reading: LoginEvidence.token(host: "127.0.0.1", port: 5433))
        let causes = evidence.likelyCauses
        #expect(causes.first?.code == .tunnelHost)
        #expect(!causes.contains { $0.code == .tunnelPort })
    }
}
