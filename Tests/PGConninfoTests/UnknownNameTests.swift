import PGConninfo
import Testing

/// Names unknown keywords and schemes, and repeats nothing that may be part of a password.
@Suite(.timeLimit(.minutes(5))) struct UnknownNameTests {
    struct Named: Sendable, CustomTestStringConvertible {
        let input: String
        let message: String
        let dialect: Conninfo.Dialect
        var testDescription: String { input }

        init(_ input: String, _ message: String, dialect: Conninfo.Dialect = .v15) {
            self.input = input
            self.message = message
            self.dialect = dialect
        }
    }

    private static let check = "Check its spelling, or remove it."

    static let named = [
        Named("sslmod=require", "Invalid connection option \"sslmod\" (byte 0). Did you mean \"sslmode\"?"),
        Named("host=h hosts=x", "Invalid connection option \"hosts\" (byte 7). Did you mean \"host\"?"),
        Named("HOST=h", "Invalid connection option \"HOST\" (byte 0). Did you mean \"host\"?"),
        Named("hosts=", "Invalid connection option \"hosts\" (byte 0). Did you mean \"host\"?"),
        Named("port5=x", "Invalid connection option \"port5\" (byte 0). Did you mean \"port\"?"),
        Named("nonsense=x", "Invalid connection option \"nonsense\" (byte 0). \(check)"),
        Named("currentSchema=x", "Invalid connection option \"currentSchema\" (byte 0). \(check)"),
        Named("my_option_2=x", "Invalid connection option \"my_option_2\" (byte 0). \(check)"),
        Named(
            "aws_rds_iam_regoin=x",
            "Invalid connection option \"aws_rds_iam_regoin\" (byte 0). Did you mean \"aws_rds_iam_region\"?"
        ),
        Named(
            "postgresql://u:p@h/d?sslmod=x",
            "Invalid connection option \"sslmod\" (byte 21). Did you mean \"sslmode\"?"
        ),
        Named(
            "postgresql://u:p@h:1,i:2/d?ssl%6Dod=x",
            "Invalid connection option \"sslmod\" (byte 27). Did you mean \"sslmode\"?"
        ),
        Named("postgresql://h?ssl=false", "Invalid connection option \"ssl\" (byte 15). \(check)"),
        Named(
            "require_auth=x",
            "Invalid connection option \"require_auth\" (byte 0). libpq 16 and later versions have it, but this is libpq 15."
        ),
        Named(
            "postgresql://h?oauth_ca_file=x",
            "Invalid connection option \"oauth_ca_file\" (byte 15). libpq 19 and later versions have it, but this is libpq 15."
        ),
        Named(
            "sslnegotiaton=direct",
            "Invalid connection option \"sslnegotiaton\" (byte 0). Did you mean \"sslnegotiation\", "
                + "which libpq 17 and later versions have?"
        ),
        Named("hots=h", "Invalid connection option \"hots\" (byte 0). Did you mean \"host\"?"),
        Named(
            "min_protocol_versio=3.0",
            "Invalid connection option \"min_protocol_versio\" (byte 0). Did you mean \"min_protocol_version\", "
                + "which libpq 18 and later versions have?",
            dialect: .v17
        ),
        Named(
            "sslcertmod=allow",
            "Invalid connection option \"sslcertmod\" (byte 0). Did you mean \"sslcertmode\", "
                + "which libpq 16 and later versions have?"
        ),
    ]

    @Test(arguments: named)
    func aPlainNameIsRepeated(each: Named) throws {
        let error = try #require(throws: ConninfoError.self) {
            try Conninfo.parse(each.input, dialect: each.dialect, extensions: ["aws_rds_iam_region"])
        }
        #expect(error.code == .unknownKeyword)
        #expect(error.message == each.message)
        #expect(error.unsafeLibpqMessage.hasPrefix("invalid "))
    }

    /// The strings end in a misspelled keyword and its value.
    @Test(arguments: [
        ("host=h user=u password=s3cret sslmod=require", "sslmod", "sslmode"),
        ("passfile=/home/u/.pgpass sslmod=require", "sslmod", "sslmode"),
        ("require_auth=scram-sha-256 sslmod=require", "sslmod", "sslmode"),
        ("host=scramble.example.com sslmod=require", "sslmod", "sslmode"),
        ("dbname=passport sslmod=require", "sslmod", "sslmode"),
        ("postgresql://h/passport?sslmod=require", "sslmod", "sslmode"),
        ("postgresql://u:p@h/d?sslmod=require&application_name=me@host", "sslmod", "sslmode"),
        ("postgresql://h?password=s3cret&user=u&ss%6Cmod=require", "sslmod", "sslmode"),
        ("password=s3cret slsmode=require", "slsmode", "sslmode"),
        ("password=s3cret SSLMODE=require", "SSLMODE", "sslmode"),
        ("password=s3cret hots=h", "hots", "host"), ("password=s3cret hosts=h", "hosts", "host"),
        ("password=s3cret usre = u", "usre", "user"), ("password=s3cret dbame='x'", "dbame", "dbname"),
        ("sslpassword=s3cret chanel_bindign=require", "chanel_bindign", "channel_binding"),
        ("token=s3cret aws_rds_iam_regoin=x", "aws_rds_iam_regoin", "aws_rds_iam_region"),
        ("password=s3cret sslpasword=x", "sslpasword", "sslpassword"),
    ])
    func aMisspelledKeywordIsRepeatedEvenAfterASecret(input: String, name: String, keyword: String) throws {
        let error = try #require(throws: ConninfoError.self) {
            try Conninfo.parse(input, dialect: .v18, extensions: .init(["aws_rds_iam_region"], secret: ["token"]))
        }
        #expect(error.message.hasPrefix("Invalid connection option \"\(name)\" (byte "))
        #expect(error.message.hasSuffix(". Did you mean \"\(keyword)\"?"))
    }

    @Test(arguments: ["password=s3cret require_auth=x", "postgresql://u:my/x?require_auth=x@h"])
    func aKeywordOfANewerVersionIsRepeatedEvenAfterASecret(input: String) throws {
        let error = try #require(throws: ConninfoError.self) { try Conninfo.parse(input, dialect: .v15) }
        #expect(error.message.hasSuffix(". libpq 16 and later versions have it, but this is libpq 15."))
    }

    @Test(arguments: [
        "passfile=/home/u/.pgpass nonsense=x", "passfile = '/x' nonsense=x", "require_auth=scram-sha-256 nonsense=x",
        "host=scramble.example.com port=1 nonsense=x", "dbname='passport' nonsense=x", "secret_arn=arn:a nonsense=x",
        "postgresql://u@scramble.example.com:5432/passport?nonsense=x", "postgresql://u:password@h?nonsense=x",
        "postgresql://h?passfile=/x/.pgpass&secret_arn=a&nonsense=x",
    ])
    func recognizedSettingsDoNotCountAsSecrets(input: String) throws {
        let error = try #require(throws: ConninfoError.self) {
            try Conninfo.parse(input, dialect: .v18, extensions: ["secret_arn"])
        }
        #expect(error.message.contains("\"nonsense\""))
    }

    @Test(arguments: [
        "password=my secret=x", "password=correct horse=battery", "password=my ghost=x", "password=my sport=x",
        "password=my user1=x", "password=my Password1=x", "password=my passw0rd=x", "password=my passwort=x",
        "password=my PASSWORD=x", "password=my application=x", "password=my username=x", "password=my ssl=x",
        "password=my aG9zdA==", "postgresql://u:my/x?ghost=x@h",
    ])
    func partOfAPasswordIsNotRepeatedForANearKeyword(input: String) throws {
        let error = try #require(throws: ConninfoError.self) { try Conninfo.parse(input, dialect: .v18) }
        #expect(error.message.hasSuffix("It is not repeated here, as it may be part of a password."))
    }

    /// Passwords, or parts of them, where a keyword may stand.
    ///
    /// `hunter`, in any case, must not be repeated.
    @Test(arguments: [
        // An unquoted password with a space in it, or with a quote.
        "password=my hunter=x", "password=my hunter2=x", "host=h password=abc hunter=def sslmode=require",
        "password='it'hunter=x", "password='it' hunter=x", "sslpassword=my hunter=x", "token=my hunter=x",
        "PGPASSWORD=my hunter=x", "user=u passwort=my hunter=x", "user= password=my hunter=x",
        "application_name=a;pwd=my hunter=x", "options='password=my' hunter=x", "dbname=postgresql://u:my hunter=x",
        "requiressl=1 password=my hunter=x", "application_name='secret = my' hunter=x",
        "options='{\"password\": \"my\"}' hunter=x", "options=pass-phrase:my hunter=x",
        "options=db.password=my hunter=x", "options=password\\=my hunter=x", "passfile=pass:my hunter=x",
        "options=password=my options=x hunter=x",
        // A password in the place of a keyword.
        "hunter2=x", "host=h hunter2 = x", "hunter2=", "Hunter2=x", "hunterAbCdEf==", "user=u hunterAbCd=",
        "hunter.x=y", "hunter-x=y", "hunter$=x", "h\u{FC}nter=x", "hunter!=x", "hunter", "hunter2", "host=h hunter",
        "hunterhunterhunterhunterhunterhunterhunterhunterhunterhunterhunter=x",
        // A password in a URI whose special characters are not encoded.
        "postgresql://u:my/x?hunter=x@h/d", "postgresql://u:my/x?a&hunter=x@h/d", "postgresql://u:p@ss?hunter=x@h",
        "postgresql://u:my/x?hunter=x", "postgresql://u:my?x=y&hunter=z",
        "postgresql://h?password=my&hunter=x", "postgresql://h?user=u&p%61ssword=my&hunter=x",
        "postgresql://h?sslpassword=a&port=1&hunter=x", "postgresql://h?token=my&hunter=x",
        "postgresql://h?user=password=my&hunter=x", "postgresql://h?options=pwd:my&hunter=x",
        "postgresql://h?options=pwd%3Amy&hunter=x", "postgresql://password=my?hunter=x",
        "postgresql://h/d;password=my?hunter=x", "postgresql://h?hunter2=x",
        "postgresql://h?hunter", "postgresql://u:hunter%zz@h",
        "postgresql://u:p@h?hunter=a=b",
        // A password where a scheme may stand.
        "hunter://x", "hunter2://u:p@h", "postgresql+hunter://u@h", "jdbc:hunter://h", "hunter:postgresql://h",
        " hunter://x=y", "hunter:x=y", "mysql+hunter2://h?x=y", "postgresql//hunter:x@h",
        "mysql://u:hunter@h/d", "jdbc:postgresql://h/d?user=u&password=hunter", "redis://:hunter@h?x=y",
        "postgresql:hunter=x",
    ])
    func whatMayBeAPasswordIsNotRepeated(input: String) throws {
        for dialect in Conninfo.Dialect.all {
            let error = try #require(throws: ConninfoError.self) {
                try Conninfo.parse(
                    input,
                    dialect: dialect,
                    extensions: .init(["aws_rds_iam_region"], secret: ["token"])
                )
            }
            var texts = [
                error.message, error.description, error.debugDescription, "\(error)", String(reflecting: error),
            ]
            var dumped = ""
            dump(error, to: &dumped)
            texts.append(dumped)
            for text in texts { #expect(!text.lowercased().contains("hunter"), "\(text)") }
        }
    }

    @Test func aNameThatIsNotRepeatedIsStillLocated() throws {
        let error = try #require(throws: ConninfoError.self) { try Conninfo.parse("password=my secret=x") }
        #expect(
            error.message
                == "Invalid connection option (byte 12). It is not repeated here, as it may be part of a password."
        )
    }

    @Test func secretsInADictionaryAreNotRepeated() throws {
        let error = try #require(throws: ConninfoError.self) { try Conninfo(["hunter2": "x"]) }
        #expect(error.message == "Invalid connection option. It is not repeated here, as it may be part of a password.")
    }

    private static let rule = "A connection URI begins with postgresql:// or postgres:// in lowercase"
    private static let advice = "Write postgresql://user@host:port/database."

    @Test(arguments: [
        ("postgresql+psycopg2://u:p@h/d", "postgresql+psycopg2://"),
        ("jdbc:postgresql://h/d?user=u", "jdbc:postgresql://"),
        ("POSTGRESQL://h", "POSTGRESQL://"), ("Postgres://u@h?sslmode=require", "Postgres://"),
        ("mysql://h/d", "mysql://"),
        ("postgre://a=b", "postgre://"), ("pg://u@h", "pg://"),
        ("jdbc:aws-wrapper:postgresql://h", "jdbc:aws-wrapper:postgresql://"),
        ("jdbc:postgresql:blog", "jdbc:postgresql:"), ("postgresql:/h", "postgresql:"), (" mysql://h?a='", "mysql://"),
        ("postgres+asyncpg://h", "postgres+asyncpg://"),
    ])
    func aForeignSchemeIsNamed(input: String, scheme: String) throws {
        let error = try #require(throws: ConninfoError.self) { try Conninfo.parse(input) }
        #expect(error.code == .unknownScheme)
        #expect(error.message == "\(Self.rule), not with \"\(scheme)\". \(Self.advice)")
    }

    @Test func aSchemeThatIsNotKnownIsNotRepeated() throws {
        let error = try #require(throws: ConninfoError.self) { try Conninfo.parse("foo://h") }
        #expect(error.code == .unknownScheme)
        #expect(error.message == "\(Self.rule), and this one has another scheme. \(Self.advice)")
    }

    @Test func whiteSpaceBeforeTheSchemeIsNamed() throws {
        let error = try #require(throws: ConninfoError.self) { try Conninfo.parse(" postgresql://h") }
        #expect(error.message == "\(Self.rule), without white space before it. Remove the white space.")
    }

    @Test(arguments: ["host=mysql://h x", "user=u jdbc:postgresql://h", "host=h postgres://h=x"])
    func aSchemeAfterASettingIsNoScheme(input: String) throws {
        let error = try #require(throws: ConninfoError.self) { try Conninfo.parse(input) }
        #expect(error.code != .unknownScheme)
    }

    @Test func aKeywordMayLookLikeAScheme() throws {
        #expect(try Conninfo.parse("pg://h=x", extensions: ["pg://h"])[extension: "pg://h"] == "x")
    }
}
