import Testing

@testable import PGConninfo

/// Resolves in an environment that the caller supplies.
@Suite(.timeLimit(.minutes(5))) struct InjectionTests {
    @Test func emptyEnvironmentGivesCompiledDefaultsAlone() throws {
        let resolved = try Conninfo(dialect: .v15).resolve(in: .empty)
        let compiled = Conninfo.Keyword.all.filter { $0.isKnown(in: .v15) && $0.compiledDefault != nil }
        #expect(resolved.parameters.parameters.map(\.keyword) == compiled)
        #expect(resolved.parameters.parameters.map(\.value) == compiled.map(\.compiledDefault))
    }

    struct OwnDefault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var text = ""
        var variables: [String: String] = [:]
        var dialect = Conninfo.Dialect.v15
        let mode: String?
    }

    static let ownDefaults = [
        OwnDefault(testDescription: "nothing sets it", mode: nil),
        OwnDefault(testDescription: "the string does", text: "sslmode=allow", mode: "allow"),
        OwnDefault(testDescription: "the string empties it", text: "sslmode=''", mode: ""),
        OwnDefault(testDescription: "a service does", text: "service=s", mode: "verify-ca"),
        OwnDefault(testDescription: "a variable does", variables: ["PGSSLMODE": "prefer"], mode: "prefer"),
        OwnDefault(testDescription: "the old variable does", variables: ["PGREQUIRESSL": "1"], mode: "require"),
        OwnDefault(
            testDescription: "the system's roots do",
            text: "sslrootcert=system",
            dialect: .v16,
            mode: "verify-full"
        ),
    ]

    @Test("leaves unset what the caller has a default for", arguments: ownDefaults)
    func leavesUnset(_ own: OwnDefault) throws {
        let files = ConninfoFileReader.inMemory(["/h/.pg_service.conf": "[s]\nsslmode=verify-ca\n"])
        let environment = ConninfoEnvironment(variables: own.variables, homeDirectory: "/h", files: files)
        let conninfo = try Conninfo.parse(own.text, dialect: own.dialect)
        let resolved = try conninfo.resolve(in: environment, leavingUnset: .sslmode)
        #expect(resolved[.sslmode] == own.mode)
        #expect(resolved[.gssencmode] == "prefer")
    }

    @Test func aResolvedParameterCanBeSet() throws {
        var resolved = try Conninfo.parse("user=u").resolve(in: .empty)
        try resolved.set(.sslmode, to: "verify-full")
        #expect(resolved[.sslmode] == "verify-full")
        #expect(resolved[.user] == "u")
        #expect(throws: ConninfoError.self) { try resolved.set(.sslmode, to: "a\0b") }
        #expect(resolved[.sslmode] == "verify-full")
    }

    @Test func withoutAUserThereIsNoConnection() throws {
        let error = try #require(throws: ConninfoError.self) { try Conninfo().resolve(in: .empty).validate() }
        #expect(error.code == .noUser)
        #expect(error.message == "There is no user name (keyword \"user\"). Set user or PGUSER.")
    }

    @Test func directoriesOfTheBuildCanBeGiven() throws {
        var environment = ConninfoEnvironment(
            userName: "u",
            files: .inMemory(["/etc/x/pg_service.conf": "[s]\nuser=svc\n"])
        )
        environment.systemConfigurationDirectory = bytes("/etc/x")
        environment.socketDirectory = bytes("/tmp")
        let resolved = try Conninfo.parse("service=s").resolve(in: environment)
        #expect(resolved[.user] == "svc")
        let endpoint = try #require(try resolved.endpoints().first)
        #expect(endpoint.kind == .unixSocket)
        #expect(try endpoint.socketPath() == bytes("/tmp/.s.PGSQL.5432"))
    }

    @Test func aValidLDAPServiceIsRefusedAndNotLookedUp() throws {
        let file = "[s]\nldap://127.0.0.1:1/dc=x?attribute?sub?filter\n"
        let environment = ConninfoEnvironment(homeDirectory: "/h", files: .inMemory(["/h/.pg_service.conf": file]))
        let error = try #require(throws: ConninfoError.self) {
            try Conninfo.parse("service=s").resolve(in: environment)
        }
        #expect(error.code == .ldapService)
        #expect(error.unsafeLibpqMessage.isEmpty)
    }

    @Test func namesOfVariablesAndFilesAreComparedByTheirBytes() throws {
        let kelvin = ConninfoEnvironment(variables: ["PGSSL\u{212A}EY": "x", "PG\u{212A}RBSRVNAME": "y"])
        let resolved = try Conninfo().resolve(in: kelvin)
        #expect(resolved[.sslkey] == nil)
        #expect(resolved[.krbsrvname] == "postgres")
        let files = ConninfoFileReader.inMemory(["/caf\u{E9}": "x"])
        #expect(files(bytes("/caf\u{E9}"))?.contents == bytes("x"))
        #expect(files(bytes("/cafe\u{301}")) == nil)
    }

    @Test(arguments: ["user", "password", "host", "dbname"])
    func twinValuesDiffer(keyword: String) throws {
        let composed = try Conninfo.parse("\(keyword)=\u{E9}")
        let decomposed = try Conninfo.parse("\(keyword)=e\u{301}")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
    }

    @Test func servicesAndPasswordsAreFoundByTheirBytes() throws {
        let files = ConninfoFileReader.inMemory([
            "/h/.pg_service.conf": "[caf\u{E9}]\nhost=composed\n[cafe\u{301}]\nhost=decomposed\n",
            "/h/.pgpass": "*:*:*:\u{E9}:composed\n*:*:*:e\u{301}:decomposed\n",
        ])
        let environment = ConninfoEnvironment(homeDirectory: "/h", files: files)
        for (service, user, expected) in [
            ("caf\u{E9}", "\u{E9}", "composed"), ("cafe\u{301}", "e\u{301}", "decomposed"),
        ] {
            let resolved = try Conninfo.parse("service=\(service) user=\(user)").resolve(in: environment)
            #expect(resolved[.host] == expected)
            let endpoint = try #require(try resolved.endpoints().first)
            #expect(resolved.passwordFromFile(for: endpoint) == bytes(expected))
        }
    }

    @Test func fileThatCannotBeOpenedIsNotFound() throws {
        let files = ConninfoFileReader { _ in .init(contents: nil) }
        let environment = ConninfoEnvironment(homeDirectory: "/h", files: files)
        let error = try #require(throws: ConninfoError.self) {
            try Conninfo.parse("service=s").resolve(in: environment)
        }
        #expect(error.code == .serviceFileNotFound)
        #expect(error.unsafeLibpqMessage == "service file \"/h/.pg_service.conf\" not found\n")
    }

    @Test func passwordFileWarnsAsLibpqDoes() throws {
        let files = ConninfoFileReader { path in
            .init(contents: bytes("*:*:*:*:x"), isPlainFile: path != bytes("/pipe"), permissions: 0o644)
        }
        let environment = ConninfoEnvironment(userName: "u", files: files)
        var warnings: [String] = []
        for path in ["/f", "/pipe"] {
            let resolved = try Conninfo(["passfile": path]).resolve(in: environment)
            let endpoint = try #require(try resolved.endpoints().first)
            #expect(resolved.passwordFromFile(for: endpoint) { warnings.append($0) } == nil)
        }
        #expect(
            warnings == [
                "WARNING: password file \"/f\" has group or world access; permissions should be u=rw (0600) or less",
                "WARNING: password file \"/pipe\" is not a plain file",
            ]
        )
    }

    @Test func processEnvironmentIsTakenOnlyWhenAskedFor() throws {
        let process = ConninfoEnvironment.process
        #expect(process.userName?.isEmpty == false)
        #expect(process.homeDirectory?.isEmpty == false)
        #expect(process.variables.keys.allSatisfy { $0.hasPrefix("PG") })
        #expect(try Conninfo().resolve(in: .empty)[.user] == nil)
    }

    @Test func endpointTellsHostAddressAndPort() throws {
        let resolved = try Conninfo.parse("host=a,b hostaddr=,::1 port=1,").resolve(in: .empty)
        let endpoints = try resolved.endpoints()
        #expect(endpoints.map(\.host) == ["a", "b"])
        #expect(endpoints.map(\.hostaddr) == [nil, "::1"])
        #expect(endpoints.map(\.kind) == [.hostName, .address])
        #expect(try endpoints.map { try $0.port() } == [1, 5432])
        #expect(try endpoints[0].socketPath() == nil)
    }
}
