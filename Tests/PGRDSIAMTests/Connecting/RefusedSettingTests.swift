import PGConninfo
import Testing

@testable import PGRDSIAM

/// A machine and a connection string, and what comes of them before anything is dialed.
private struct Attempt {
    var string = ""
    var host = "db.cluster-abcdefghijkl.eu-west-2.rds.amazonaws.com"
    var generator = "default"
    var variables: [String: String] = [:]
    var service = ""
    var files: [String: String] = [:]
    var dialect = Conninfo.Dialect.v15

    var plan: ConnectionPlan {
        get throws {
            var files = files
            files["/home/u/.pg_service.conf"] = "[s]\nport=5432\n\(service)\n"
            let environment = ConninfoEnvironment(
                variables: variables,
                homeDirectory: "/home/u",
                userName: "u",
                files: .inMemory(files)
            )
            let text = "host=\(host) service=s aws_rds_iam_auth_token_generator=\(generator) \(string)"
            let conninfo = try Conninfo.parse(text, dialect: dialect, extensions: .rdsIAM)
            return try ConnectionPlan(conninfo, environment: environment)
        }
    }

    /// The message with which the attempt is refused, or `nil` if it is not.
    var refusal: String? {
        get throws {
            do {
                _ = try plan
                return nil
            } catch let error as RDSIAMError {
                #expect(error.code == .invalidRequest && !error.isRetryable)
                return error.message
            }
        }
    }
}

@Suite("A setting that is refused before anything is dialed", .timeLimit(.minutes(1)))
struct RefusedSettingTests {
    @Test("is named with where it comes from")
    func sources() throws {
        let weak = "could send the token without TLS. Use require or verify-full."
        #expect(try Attempt(string: "sslmode=disable").refusal == "sslmode=disable \(weak)")
        #expect(
            try Attempt(variables: ["PGSSLMODE": "disable"]).refusal == "sslmode=disable, from PGSSLMODE, \(weak)"
        )
        #expect(try Attempt(service: "sslmode=allow").refusal == "sslmode=allow, from the service file, \(weak)")
        #expect(
            try Attempt(variables: ["PGSSLMODE": "verify-full"], service: "sslmode=prefer").refusal
                == "sslmode=prefer, from the service file, \(weak)"
        )
        #expect(
            try Attempt(variables: ["PGGSSENCMODE": "require"]).refusal?.hasPrefix(
                "gssencmode=require, from PGGSSENCMODE, could send"
            ) == true
        )
    }

    @Test("is channel_binding=require, which no token can satisfy")
    func channelBinding() throws {
        let message = "excludes tokens, which are clear-text passwords inside TLS."
        for generator in ["default", "rds", "dsql"] {
            let attempt = Attempt(string: "channel_binding=require", generator: generator)
            #expect(try attempt.refusal?.hasPrefix("channel_binding=require \(message)") == true)
        }
        #expect(
            try Attempt(variables: ["PGCHANNELBINDING": "require"]).refusal?.contains("from PGCHANNELBINDING") == true
        )
        #expect(try Attempt(string: "channel_binding=prefer").refusal == nil)
    }

    @Test("is not channel_binding=require if the generator makes passwords, or may")
    func otherGenerators() throws {
        for generator in ["secrets-manager", "redshift", "vault"] {
            #expect(try Attempt(string: "channel_binding=require", generator: generator).refusal == nil)
        }
    }

    @Test(
        "is require_auth without clear-text passwords",
        arguments: ["scram-sha-256", "md5,scram-sha-256", "none", "!password", "!md5,!password"]
    )
    func requireAuth(_ methods: String) throws {
        let attempt = Attempt(string: "require_auth=\(methods)", dialect: .v16)
        #expect(try attempt.refusal?.hasPrefix("require_auth=\(methods) excludes tokens") == true)
        let inherited = Attempt(variables: ["PGREQUIREAUTH": methods], dialect: .v16)
        #expect(try inherited.refusal?.hasPrefix("require_auth=\(methods), from PGREQUIREAUTH, excludes") == true)
    }

    @Test("is not made: a server may ask for a stored password by SCRAM, for a token only in clear text inside TLS")
    func expectedMethod() throws {
        for generator in ["default", "rds", "dsql", "vault"] {
            #expect(try Attempt(generator: generator, dialect: .v16).plan.conninfo[.requireAuth] == "password")
        }
        for generator in ["secrets-manager", "redshift", "redshift-serverless"] {
            #expect(try Attempt(generator: generator, dialect: .v16).plan.conninfo[.requireAuth] == nil)
        }
    }

    @Test(
        "is not require_auth that allows clear-text passwords",
        arguments: ["password", "scram-sha-256,password", "!scram-sha-256", "!md5,!none", "''"]
    )
    func allowedMethods(_ methods: String) throws {
        #expect(try Attempt(string: "require_auth=\(methods)", dialect: .v16).refusal == nil)
    }
}

@Suite("The roots that a message names", .timeLimit(.minutes(1)))
struct RootAdviceTests {
    private static let bundle = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"

    /// A host, and what must stand in a message about its roots, and what must not.
    struct Endpoint: Sendable {
        let host: String
        let says: String
        let doesNotSay: String
    }

    static let endpoints = [
        Endpoint(host: "db.abcdefghijkl.eu-west-2.rds.amazonaws.com", says: bundle, doesNotSay: "ca-certificates"),
        Endpoint(host: "db.cluster-ro-abcdefghijkl.eu-west-2.rds.amazonaws.com", says: bundle, doesNotSay: "=system"),
        Endpoint(
            host: "p.proxy-abcdefghijkl.eu-west-2.rds.amazonaws.com",
            says: "ca-certificates",
            doesNotSay: "bundle"
        ),
        Endpoint(
            host: "abcdefghijklmnopqrstuvwxyz.dsql.us-east-1.on.aws",
            says: "ca-certificates",
            doesNotSay: "bundle"
        ),
        Endpoint(
            host: "db.abcdefghijkl.rds.cn-north-1.amazonaws.com.cn",
            says: "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/",
            doesNotSay: "ca-certificates"
        ),
        Endpoint(host: "db.example.com", says: bundle, doesNotSay: "chains to"),
        Endpoint(host: "db.example.com", says: "RDS Proxy, Aurora DSQL", doesNotSay: "chains to"),
    ]

    @Test("are those of the host, if sslrootcert=system meets a libpq that does not know it", arguments: endpoints)
    func systemRoots(_ endpoint: Endpoint) throws {
        let message = try #require(try Attempt(string: "sslrootcert=system", host: endpoint.host).refusal)
        #expect(message.hasPrefix("sslrootcert=system needs libpq 16 or newer, and this program has loaded libpq 15."))
        #expect(message.contains(endpoint.says) && !message.dropFirst(80).contains(endpoint.doesNotSay))
        #expect(!message.contains("sslmode=disable") && !message.contains("sslmode=require"))
    }

    @Test("are not named if libpq knows sslrootcert=system, or finds a file of that name")
    func allowed() throws {
        #expect(try Attempt(string: "sslrootcert=system", dialect: .v16).refusal == nil)
        #expect(try Attempt(string: "sslrootcert=system", files: ["system": "roots"]).refusal == nil)
    }

    @Test("are those of the host in the warning about a certificate that is not checked", arguments: endpoints)
    func warning(_ endpoint: Endpoint) throws {
        let warning = try #require(try Attempt(string: "sslmode=require", host: endpoint.host).plan.warnings.first)
        #expect(warning.description.hasPrefix("The server's certificate is not checked. "))
        #expect(warning.description.contains(endpoint.says) && !warning.description.contains(endpoint.doesNotSay))
        #expect(warning.host == endpoint.host)
    }

    @Test("follow the name to sign for, not the tunnel's")
    func signingHost() throws {
        let string = "aws_rds_iam_host=\(Self.endpoints[0].host)"
        let warning = try #require(try Attempt(string: string, host: "db.example.com").plan.warnings.first)
        #expect(warning.description.contains(Self.bundle))
    }

    @Test("are not warned about if libpq checks the chain: it does so with any file of roots, whatever the mode")
    func checked() throws {
        #expect(try Attempt().plan.warnings.first != nil)
        let file = ["/ca": "roots"]
        for string in ["sslmode=require sslrootcert=/ca", "sslmode=verify-ca", "sslrootcert=/ca"] {
            #expect(try Attempt(string: string, files: file).plan.warnings.isEmpty)
        }
        // Without the file, libpq goes on and checks nothing.
        #expect(try !Attempt(string: "sslmode=require sslrootcert=/ca").plan.warnings.isEmpty)
        let root = ["/home/u/.postgresql/root.crt": "roots"]
        #expect(try Attempt(string: "sslmode=require", files: root).plan.warnings.isEmpty)
        let variables = ["PGSSLROOTCERT": "/ca", "PGSSLMODE": "require"]
        #expect(try Attempt(variables: variables, files: file).plan.warnings.isEmpty)
    }
}

@Suite("A tunnel that speaks TLS itself", .timeLimit(.minutes(1)))
struct TLSTunnelTests {
    private static let name = "db.abcdefghijkl.eu-west-2.rds.amazonaws.com"

    private func attempt(_ address: String, _ more: String = "", variables: [String: String] = [:]) -> Attempt {
        Attempt(string: "\(address) port=6543 aws_rds_iam_tls_tunnel=1 \(more)", host: Self.name, variables: variables)
    }

    @Test(
        "gets the token without TLS at a loopback address",
        arguments: [
            "hostaddr=127.0.0.1", "hostaddr=127.8.9.10", "hostaddr=::1", "host=127.0.0.1", "hostaddr=::ffff:127.0.0.1",
        ]
    )
    func loopback(_ address: String) throws {
        let plan = try attempt(address, "aws_rds_iam_host=\(Self.name)").plan
        #expect(plan.conninfo[.sslmode] == "disable" && plan.conninfo[.gssencmode] == "disable")
        #expect(!plan.requiresTLS)
        #expect(plan.conninfo[extension: "aws_rds_iam_tls_tunnel"] == nil)
        #expect(plan.targets.first?.request.parameters.keys.sorted() == ["aws_rds_iam_host"])
    }

    @Test(
        "gets none at any other address",
        arguments: [
            "", "hostaddr=10.0.0.1", "hostaddr=128.0.0.1", "hostaddr=192.0.2.7", "hostaddr=0.0.0.0", "hostaddr=::",
            "hostaddr=::2", "hostaddr=fe80::1", "host=localhost", "host=127.0.0.1.example.com", "host=127.0.0.1x",
            "host=/tmp", "host=@127.0.0.1", "host=127.0.0.1,db hostaddr=''", "host=a,b hostaddr=127.0.0.1,10.0.0.1",
            "hostaddr=::ffff:10.0.0.1",
        ]
    )
    func elsewhere(_ address: String) throws {
        let message = try attempt(address).refusal
        #expect(message?.hasPrefix("aws_rds_iam_tls_tunnel=1 would send the token without TLS") == true)
    }

    @Test("is not assumed: without the parameter, or with 0, a loopback address has TLS as all others")
    func off() throws {
        for string in ["hostaddr=127.0.0.1", "hostaddr=127.0.0.1 aws_rds_iam_tls_tunnel=0"] {
            let plan = try Attempt(string: string, host: Self.name).plan
            #expect(plan.requiresTLS && plan.conninfo[.sslmode] == "require")
        }
        #expect(try Attempt(string: "hostaddr=127.0.0.1 sslmode=disable", host: Self.name).refusal != nil)
    }

    @Test(
        "is not asked for by any other word",
        arguments: ["''", "true", "yes", "on", "2", "' 1'", "'1 '", "\u{FF11}"]
    )
    func values(_ value: String) throws {
        let attempt = Attempt(string: "hostaddr=127.0.0.1 aws_rds_iam_tls_tunnel=\(value)", host: Self.name)
        #expect(try attempt.refusal?.contains("is neither 0 nor 1") == true)
    }

    @Test("contradicts every sslmode but disable, and the message names where that comes from")
    func contradiction() throws {
        for mode in ["allow", "prefer", "require", "verify-ca", "verify-full"] {
            #expect(
                try attempt("hostaddr=127.0.0.1", "sslmode=\(mode)").refusal?.contains("sslmode=\(mode) that") == true
            )
        }
        #expect(try attempt("hostaddr=127.0.0.1", "sslmode=disable").refusal == nil)
        let inherited = attempt("hostaddr=127.0.0.1", variables: ["PGSSLMODE": "verify-full"])
        #expect(try inherited.refusal?.contains("sslmode=verify-full, from PGSSLMODE, that") == true)
    }

    @Test("does not allow encryption by GSSAPI in its place")
    func noGSSAPI() throws {
        #expect(try attempt("hostaddr=127.0.0.1", "gssencmode=require").refusal != nil)
    }
}
