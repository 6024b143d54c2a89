import Testing

@testable import PGConninfo

/// Checks the rules of libpq 16 to 19, for which the linked libpq may be too old, message by message.
@Suite(.timeLimit(.minutes(5))) struct NewerDialectTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let conninfo: String
        let dialect: Conninfo.Dialect
        let message: String?
        var testDescription: String { "\(dialect): \(conninfo)" }

        init(_ conninfo: String, _ dialect: Conninfo.Dialect, _ message: String?) {
            self.conninfo = conninfo
            self.dialect = dialect
            self.message = message
        }
    }

    private static let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

    static let cases = [
        Case("require_auth=password,md5,gss,sspi,scram-sha-256,none", .v16, nil),
        Case("require_auth=!password,!none", .v16, nil),
        Case("require_auth=''", .v16, nil),
        Case("require_auth=oauth", .v18, nil),
        Case("require_auth=oauth", .v17, "invalid require_auth value: \"oauth\""),
        Case("require_auth=md5,", .v16, "invalid require_auth value: \"\""),
        Case("require_auth='md5, gss'", .v16, "invalid require_auth value: \" gss\""),
        Case(
            "require_auth=md5,!gss",
            .v16,
            "negative require_auth method \"!gss\" cannot be mixed with non-negative methods"
        ),
        Case("require_auth=!md5,gss", .v16, "require_auth method \"gss\" cannot be mixed with negative methods"),
        Case("require_auth=md5,gss,md5", .v16, "require_auth method \"md5\" is specified more than once"),
        Case("require_auth=!md5,!md5", .v16, "require_auth method \"!md5\" is specified more than once"),
        Case("require_auth=none,none", .v16, "require_auth method \"none\" is specified more than once"),
        Case("require_auth=x channel_binding=x", .v16, "invalid require_auth value: \"x\""),
        Case("sslrootcert=system", .v16, nil),
        Case("sslrootcert=system sslmode=require", .v15, nil),
        Case(
            "sslrootcert=system sslmode=require",
            .v16,
            "weak sslmode \"require\" may not be used with sslrootcert=system (use \"verify-full\")"
        ),
        Case("sslcertmode=x", .v16, "invalid sslcertmode value: \"x\""),
        Case("load_balance_hosts=random", .v16, nil),
        Case("load_balance_hosts=''", .v16, "invalid load_balance_hosts value: \"\""),
        Case("ssl_min_protocol_version=x", .v16, "invalid ssl_min_protocol_version value: \"x\""),
        Case("ssl_min_protocol_version=x", .v17, "invalid \"ssl_min_protocol_version\" value: \"x\""),
        Case("sslnegotiation=direct sslmode=verify-ca", .v17, nil),
        Case("sslnegotiation=x", .v17, "invalid sslnegotiation value: \"x\""),
        Case(
            "sslnegotiation=direct",
            .v17,
            "weak sslmode \"prefer\" may not be used with sslnegotiation=direct "
                + "(use \"require\", \"verify-ca\", or \"verify-full\")"
        ),
        Case("min_protocol_version=3.2 max_protocol_version=latest", .v18, nil),
        Case("min_protocol_version=latest", .v18, nil),
        Case("min_protocol_version=3.1", .v18, "invalid min_protocol_version value: \"3.1\""),
        Case("max_protocol_version=''", .v18, "invalid max_protocol_version value: \"\""),
        Case(
            "min_protocol_version=3.2 max_protocol_version=3.0",
            .v18,
            "\"min_protocol_version\" is greater than \"max_protocol_version\""
        ),
        Case("scram_client_key='\(key)' scram_server_key='\(key)'", .v18, nil),
        Case("scram_client_key=AAAA", .v18, "invalid SCRAM client key length: 3"),
        Case("scram_client_key=''", .v18, "invalid SCRAM client key length: 0"),
        Case("scram_server_key=AAA", .v18, "invalid SCRAM server key"),
        Case("scram_server_key='A=AA'", .v18, "invalid SCRAM server key"),
        Case("scram_server_key='AAA*'", .v18, "invalid SCRAM server key"),
        Case("scram_server_key='AA=='", .v18, "invalid SCRAM server key length: 1"),
    ]

    @Test(arguments: cases)
    func checksAsThatVersionDoes(each: Case) throws {
        let environment = ConninfoEnvironment(userName: "u")
        let resolved = try Conninfo.parse(each.conninfo, dialect: each.dialect).resolve(in: environment)
        guard let message = each.message else { return try resolved.validate() }
        let error = try #require(throws: ConninfoError.self) { try resolved.validate() }
        #expect(error.unsafeLibpqMessage == message + "\n")
    }

    @Test func systemRootsDemandFullVerification() throws {
        let conninfo = "sslrootcert=system"
        #expect(try Conninfo.parse(conninfo, dialect: .v16).resolve(in: .empty)[.sslmode] == "verify-full")
        #expect(try Conninfo.parse(conninfo, dialect: .v15).resolve(in: .empty)[.sslmode] == "prefer")
        let variable = ConninfoEnvironment(variables: ["PGSSLROOTCERT": "system"])
        #expect(try Conninfo().resolve(in: variable)[.sslmode] == "verify-full")
        let required = ConninfoEnvironment(variables: ["PGSSLROOTCERT": "system", "PGREQUIRESSL": "1"])
        #expect(try Conninfo().resolve(in: required)[.sslmode] == "require")
    }

    @Test func serviceFileMayBeNamedFromNineteenOn() throws {
        let files = ConninfoFileReader.inMemory(["/f": "[s]\nhost=h\n", "/g": "[s]\nhost=g\n"])
        let environment = ConninfoEnvironment(variables: ["PGSERVICEFILE": "/g"], files: files)
        let named = try Conninfo.parse("service=s servicefile=/f").resolve(in: environment)
        #expect(named[.host] == "h")
        #expect(named[.servicefile] == "/f")
        let found = try Conninfo.parse("service=s").resolve(in: environment)
        #expect(found[.host] == "g")
        #expect(found[.servicefile] == "/g")
        #expect(try Conninfo.parse("service=s", dialect: .v18).resolve(in: environment)[.servicefile] == nil)
    }

    @Test func aServiceInTheSystemFileNamesThatFile() throws {
        let files = ConninfoFileReader.inMemory([
            "/home/.pg_service.conf": "[other]\nhost=x\n", "/etc/p/pg_service.conf": "[s]\nhost=h\n", "/f": "[other]\n",
        ])
        var environment = ConninfoEnvironment(homeDirectory: "/home", files: files)
        environment.systemConfigurationDirectory = bytes("/etc/p")
        func serviceFile(_ text: String, _ dialect: Conninfo.Dialect) throws -> String? {
            let resolved = try Conninfo.parse(text, dialect: dialect).resolve(in: environment)
            #expect(resolved[.host] == "h")
            return resolved[.servicefile]
        }
        #expect(try serviceFile("service=s", .v19) == "/etc/p/pg_service.conf")
        #expect(try serviceFile("service=s", .v18) == nil)
        // A value that is set stays.
        #expect(try serviceFile("service=s servicefile=/f", .v19) == "/f")
        environment.variables["PGSYSCONFDIR"] = bytes("/etc/p")
        environment.systemConfigurationDirectory = bytes("/nowhere")
        environment.variables["PGSERVICEFILE"] = bytes("/f")
        #expect(try serviceFile("service=s", .v19) == "/etc/p/pg_service.conf")
        environment.variables["PGSERVICEFILE"] = nil
        environment.homeDirectory = nil
        #expect(try serviceFile("service=s", .v19) == "/etc/p/pg_service.conf")
    }

    @Test(arguments: ["service", "servicefile"])
    func nestingIsRefusedInNineteensWords(keyword: String) throws {
        let environment = ConninfoEnvironment(
            homeDirectory: "/h",
            files: .inMemory(["/h/.pg_service.conf": "[s]\n\(keyword)=t"])
        )
        let error = try #require(throws: ConninfoError.self) {
            try Conninfo.parse("service=s").resolve(in: environment)
        }
        #expect(error.code == .nestedService)
        #expect(error.line == 2)
        let place = "not supported in service file \"/h/.pg_service.conf\", line 2\n"
        #expect(error.unsafeLibpqMessage == "nested \"\(keyword)\" specifications " + place)
    }
}
