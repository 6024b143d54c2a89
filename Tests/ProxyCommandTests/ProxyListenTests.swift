#if Command && Proxy
import Foundation
import TestSupport
import Testing

@Suite("rds-iam proxy: who reaches it", .timeLimit(.minutes(3)))
struct ProxyListenTests {
    @Test("Without options it serves a private socket, and one line says how to connect")
    func socket() async throws {
        let proxy = try await ProxyProcess.serving()
        let path = proxy.folder.path("rds-iam/.s.PGSQL.5432")
        #expect(try proxy.lines == ["host=\(proxy.folder.path("rds-iam")) port=5432 user=andrew dbname=postgres"])
        let psql = try await proxy.psql()
        #expect(psql.output == "andrew\n" && psql.errors == "" && psql.status == 0)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try await proxy.stop() == 143)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("Servers, addresses and limits come from the settings file, and options come before them")
    func settings() async throws {
        let folder = try TemporaryFolder()
        let server = try await SharedServer.value
        let upstreams = ["andrew", "berta"].map { server.conninfo(user: $0) + " sslrootcert=\(server.facts.ca)" }
        let object: [String: Any] = [
            "upstreams": upstreams, "listen": [folder.path("run")], "maxConnections": 7, "maxSigtermDelay": "1s",
        ]
        let data = try JSONSerialization.data(withJSONObject: ["proxy": object])
        let file = try folder.write(String(decoding: data, as: UTF8.self), to: "config.json")
        for (arguments, limit) in [([], "7"), (["--max-connections", "6"], "6")] as [([String], String)] {
            let health = folder.path("health\(limit)")
            let proxy = try await ProxyProcess(
                ["--config", file, "--health-check", "--http-address", health] + arguments,
                users: [],
                in: folder
            )
            _ = try await comesTrue { try proxy.lines.count == 2 || proxy.hasEnded }
            let log = try proxy.log
            #expect(try proxy.lines.count == 2, "\(log)")
            #expect(try proxy.lines.first?.hasPrefix("host=\(folder.path("run")) port=5432 user=andrew") == true)
            #expect(try await proxy.psql(line: 1).output == "berta\n")
            let metrics = try await ChildProcess.run(
                "/usr/bin/env",
                ["curl", "-sS", "--unix-socket", health, "http://localhost/metrics"]
            )
            #expect(metrics.output.contains("rds_iam_proxy_connections_limit \(limit)\n"), "\(metrics.errors)")
            #expect(try await proxy.stop() == 143)
        }
        // The servers of the command line take the place of the file's, and the file's addresses with them.
        let proxy = try await ProxyProcess.serving(["--config", file], in: folder)
        #expect(try proxy.lines.first?.hasPrefix("host=\(folder.path("rds-iam")) port=5432") == true)
        try await proxy.stop()
        let none = try await ProxyProcess(["--config", "/dev/null"], users: [])
        #expect(try await none.status() != 0)
        #expect(try none.log.contains("No server is named"))
    }

    @Test("What clients on ports prove, and where health is answered, come from the settings file")
    func settingsOfPorts() async throws {
        let folder = try TemporaryFolder()
        let server = try await SharedServer.value
        let object: [String: Any] = [
            "upstreams": [server.conninfo(user: "andrew") + " sslrootcert=\(server.facts.ca)"],
            "listen": ["0.0.0.0:0"], "passwordFile": try folder.write("c0rrect horse\n", to: "password"),
            "tlsCertificate": server.facts.dir + "/tls/server.crt", "tlsKey": server.facts.dir + "/tls/server.key",
            "healthCheck": true, "httpAddress": folder.path("health"), "exitZeroOnSigterm": true,
            "structuredLogs": true,
        ]
        let data = try JSONSerialization.data(withJSONObject: ["proxy": object])
        let config = ["--config", try folder.write(String(decoding: data, as: UTF8.self), to: "config.json")]
        let proxy = try await Self.serving(config, folder)
        let place = try proxy.lines[0].replacing("host=0.0.0.0", with: "host=localhost hostaddr=127.0.0.1")
        let secure = place + " sslmode=verify-full sslrootcert=\(server.facts.ca)"
        let password = ["PGPASSWORD": "c0rrect horse"]
        #expect(try await ProxyProcess.psql(secure, "select current_user", password).output == "andrew\n")
        #expect(try await ProxyProcess.psql(secure, "select 1", ["PGPASSWORD": "wrong"]).status == 2)
        let isUp = try await ProxyProcess.rdsIAM(["proxy", "wait", "--for", "readiness", "--timeout", "60"] + config)
        #expect(isUp.status == 0, "\(isUp.errors)")
        #expect(try await proxy.stop() == 0)
        #expect(try proxy.log.hasPrefix("{"))

        // Options that name another address, no password and another place for health.
        let other = folder.path("other")
        let trusting = try await Self.serving(
            config + ["--listen", "127.0.0.1:0", "--trust-local", "--http-address", other],
            folder
        )
        #expect(try await trusting.psql().output == "andrew\n")
        let elsewhere = ["proxy", "wait", "--timeout", "60", "--http-address", other] + config
        #expect(try await ProxyProcess.rdsIAM(elsewhere).status == 0)
        try await trusting.stop()
    }

    /// Starts one in front of the servers of its settings file, and waits until it serves.
    private static func serving(_ arguments: [String], _ folder: TemporaryFolder) async throws -> ProxyProcess {
        let proxy = try await ProxyProcess(arguments, users: [], in: folder)
        _ = try await comesTrue { try proxy.lines.count == 1 || proxy.hasEnded }
        let log = try proxy.log
        #expect(try proxy.lines.count == 1, "\(log)")
        return proxy
    }

    @Test("A client may check who runs the proxy, with requirepeer")
    func requirePeer() async throws {
        let proxy = try await ProxyProcess.serving()
        #expect(try await proxy.psql("select 1", "requirepeer=\(NSUserName())").status == 0)
        #expect(try await proxy.psql("select 1", "requirepeer=nobody").status == 2)
        try await proxy.stop()
    }

    @Test("A port asks for a password that is made and printed once, on the line and in no log")
    func password() async throws {
        let proxy = try await ProxyProcess.serving(["--listen", "127.0.0.1:0"])
        let line = try #require(try proxy.lines.first)
        let parts = line.components(separatedBy: " password=")
        let secret = try #require(parts.count == 2 ? parts[1] : nil)
        #expect(secret.utf8.count == 32)
        #expect(try await proxy.psql().output == "andrew\n")

        let wrong = try await ProxyProcess.psql(parts[0] + " password=wrong", "select 1")
        #expect(wrong.status == 2)
        #expect(wrong.errors.contains(#"FATAL:  password authentication failed for user "andrew""#))
        #expect(wrong.errors.contains("local password"))
        let none = try await ProxyProcess.psql(parts[0], "select 1")
        #expect(none.status == 2 && none.errors.contains("no password supplied"))
        // An unknown user is refused in the same words.
        let unknown = try await ProxyProcess.psql(parts[0] + " user=mallory password=wrong", "select 1")
        #expect(unknown.errors.contains(#"FATAL:  password authentication failed for user "mallory""#))
        #expect(unknown.errors.replacing("mallory", with: "andrew") == wrong.errors)
        // One that knows the password is told the truth.
        let other = try await ProxyProcess.psql(line + " user=mallory", "select 1")
        #expect(other.status == 2 && !other.errors.contains("password authentication failed"))

        try await proxy.stop()
        #expect(try !proxy.log.contains(secret))
        let verdicts = try proxy.server.verdicts(on: "mallory")
        #expect(verdicts.isEmpty)
    }

    @Test("A password from a file is not printed; a client that wants channel binding is told that there is none")
    func passwordFile() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("c0rrect horse\n", to: "password")
        let proxy = try await ProxyProcess.serving(["--listen", "127.0.0.1:0", "--password-file", file], in: folder)
        #expect(try !proxy.lines[0].contains("password"))
        let password = ["PGPASSWORD": "c0rrect horse"]
        #expect(try await proxy.psql(environment: password).output == "andrew\n")
        let binding = try await proxy.psql("select 1", "channel_binding=require", environment: password)
        #expect(binding.status == 2 && binding.errors.contains("channel binding"))
        try await proxy.stop()
        #expect(try !proxy.log.contains("c0rrect"))
    }

    /// Logs in with a client's own SCRAM, with the right password and with a wrong one.
    private static let logins = """
        import asyncio, sys
        client, port, password = sys.argv[1:]

        def connect(password):
            if client == "psycopg":
                import psycopg
                with psycopg.connect(host="127.0.0.1", port=port, user="andrew", dbname="postgres", password=password) as c:
                    return c.execute("select current_user").fetchone()[0]
            if client == "pg8000":
                import pg8000.native
                c = pg8000.native.Connection("andrew", host="127.0.0.1", port=int(port), database="postgres", password=password)
                return c.run("select current_user")[0][0]
            import asyncpg
            async def run():
                c = await asyncpg.connect(host="127.0.0.1", port=port, user="andrew", database="postgres", password=password)
                return await c.fetchval("select current_user")
            return asyncio.run(run())

        print(connect(password))
        try: print("let in:", connect(password + "x"))
        except Exception as error: print("28P01" if "password authentication failed" in str(error) else repr(error))
        """

    @Test("Clients with a SCRAM of their own know the local password", arguments: ["psycopg", "asyncpg", "pg8000"])
    func otherClients(_ client: String) async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("c0rrect horse\n", to: "password")
        let proxy = try await ProxyProcess.serving(["--listen", "127.0.0.1:0", "--password-file", file], in: folder)
        let port = try #require(try proxy.lines[0].split(separator: " ").first { $0.hasPrefix("port=") }).dropFirst(5)
        let result = try await ChildProcess.run(
            Repository.oraclePython(),
            ["-c", Self.logins, client, String(port), "c0rrect horse"]
        )
        #expect(result.output == "andrew\n28P01\n", "\(result.errors)")
        try await proxy.stop()
    }

    @Test("A port that other machines reach takes only TLS, and checks the password inside it")
    func exposed() async throws {
        let directory = try await SharedServer.value.facts.dir + "/tls"
        let certificate = ["--tls-certificate", directory + "/server.crt", "--tls-key", directory + "/server.key"]
        let proxy = try await ProxyProcess.serving(["--listen", "0.0.0.0:0"] + certificate)
        let place = try proxy.lines[0].replacing("host=0.0.0.0", with: "host=localhost hostaddr=127.0.0.1")
        let secure = place + " sslmode=verify-full sslrootcert=\(proxy.server.facts.ca)"
        #expect(try await ProxyProcess.psql(secure, "select current_user").output == "andrew\n")
        let open = try await ProxyProcess.psql(place + " sslmode=disable", "select 1")
        #expect(open.status == 2 && open.errors.contains("takes only TLS"), "\(open.errors)")
        let wrong = try await ProxyProcess.psql(secure + " password=wrong", "select 1")
        #expect(wrong.status == 2 && wrong.errors.contains("password authentication failed"))
        let binding = try await ProxyProcess.psql(secure + " channel_binding=require", "select 1")
        #expect(binding.status == 2 && binding.errors.contains("channel binding"))
        try await proxy.stop()
    }

    @Test("With --trust-local a port asks for nothing, and the log warns")
    func trust() async throws {
        let proxy = try await ProxyProcess.serving(["--listen", "localhost:0", "--trust-local", "--quiet"])
        #expect(try await proxy.psql().output == "andrew\n")
        try await proxy.stop()
        #expect(try proxy.log.contains("warning: every process of this machine can log in"))
        #expect(try !proxy.log.contains("info:"))
    }

    @Test("Two servers at the same time, on the ports that follow each other")
    func two() async throws {
        let proxy = try await ProxyProcess.serving(users: ["andrew", "berta"])
        #expect(try proxy.lines.count == 2 && proxy.lines[1].contains("port=5433 user=berta"))
        #expect(try await proxy.psql(line: 0).output == "andrew\n")
        #expect(try await proxy.psql(line: 1).output == "berta\n")
        let crossed = try await proxy.psql("select 1", line: 0, "user=berta")
        #expect(crossed.status == 2)
        try await proxy.stop()
    }

    @Test("A second proxy on the same socket says which process has it, and the first one goes on")
    func second() async throws {
        let first = try await ProxyProcess.serving()
        let second = try await ProxyProcess([], in: first.folder)
        let status = try await second.status()
        #expect(status == 1)
        let path = first.folder.path("rds-iam/.s.PGSQL.5432")
        #expect(try second.log.contains("rds-iam: error: Another process listens on \(path)"))
        #if os(Linux)
        #expect(try second.log.contains("process \(first.identifier)"))
        #endif
        // Both wrote to the same files, and the second one printed no line.
        let conninfo = "host=\(first.folder.path("rds-iam")) port=5432 user=andrew dbname=postgres"
        #expect(try await ProxyProcess.psql(conninfo, "select 1").output == "1\n")
        try await first.stop()
    }

    @Test("The socket of a proxy that was killed is taken over")
    func killed() async throws {
        let first = try await ProxyProcess.serving()
        try await first.stop(SIGKILL)
        #expect(FileManager.default.fileExists(atPath: first.folder.path("rds-iam/.s.PGSQL.5432")))
        let second = try await ProxyProcess.serving(in: first.folder)
        #expect(try await second.psql().output == "andrew\n")
        try await second.stop()
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        var status: Int32 = 2
        let says: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let mistakes = [
        Mistake(arguments: ["--listen", "0.0.0.0:0"], says: "only with TLS and a local password"),
        Mistake(arguments: ["--listen", "[::]:0", "--trust-local"], says: "only with TLS and a local password"),
        Mistake(arguments: ["--listen", "db.example.com:5432"], says: "127.0.0.1:5433"),
        Mistake(arguments: ["--listen", "/nowhere/at/all"], status: 1, says: "/nowhere/at/all"),
        Mistake(arguments: ["--listen", "/tmp"], status: 1, says: "/tmp"),
        Mistake(
            arguments: ["--password-file", "/etc/passwd", "--listen", "127.0.0.1:0"],
            status: 1,
            says: "/etc/passwd"
        ),
        Mistake(arguments: ["--trust-local"], says: "TCP ports alone"),
        Mistake(arguments: ["--trust-local", "--password-file", "x", "--listen", "127.0.0.1:0"], says: "no password"),
        Mistake(arguments: ["--tls-key", "x", "--listen", "127.0.0.1:0"], says: "belong together"),
        Mistake(arguments: ["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"], says: "Give it once"),
        Mistake(arguments: ["--max-connections", "0"], says: "at least 1"),
        Mistake(arguments: ["--max-sigterm-delay", "5 minutes"], says: "5 minutes"),
        Mistake(arguments: ["--ready-fd", "1"], status: 1, says: "--ready-fd 1 names a standard stream"),
        Mistake(arguments: ["--ready-fd", "2"], status: 1, says: "--ready-fd 2 names a standard stream"),
        Mistake(arguments: ["--ready-fd", "99"], status: 1, says: "--ready-fd 99 is not open for writing"),
        Mistake(arguments: ["host=x", "--listen", "127.0.0.1:65535", "--trust-local"], says: "not enough ports"),
        Mistake(arguments: ["host=x", "--listen", "[::1]:65535"], says: "not enough ports"),
        Mistake(arguments: ["host=x", "--listen", "/tmp/none/.s.PGSQL.65535"], says: "not enough ports"),
        Mistake(
            arguments: ["host=x", "--listen", "localhost:5433", "--listen", "127.0.0.1:5433"],
            says: "--listen 127.0.0.1:5433 is given twice"
        ),
        Mistake(
            arguments: ["host=x", "--listen", "/run/a", "--listen", "/run//a/.s.PGSQL.5432"],
            says: "is given twice"
        ),
        Mistake(arguments: ["--http-port", "9091"], says: "--health-check"),
        Mistake(arguments: ["--http-address", "/tmp/none/health"], says: "--health-check"),
        Mistake(
            arguments: ["--health-check", "--http-address", "/tmp/none/health", "--http-port", "1"],
            says: "--http-port"
        ),
        Mistake(
            arguments: ["--health-check", "--http-port", "5433", "--listen", "127.0.0.1:5433"],
            says: "cannot share 127.0.0.1:5433"
        ),
        Mistake(arguments: ["--health-check", "--http-address", "foo"], says: "absolute path of a socket"),
        Mistake(
            arguments: ["--min-sigterm-delay", "2m", "--max-sigterm-delay", "90s"],
            says: "more than --max-sigterm-delay"
        ),
        Mistake(arguments: ["host=x:5432"], says: "No certificate can be for the host"),
        Mistake(arguments: ["host=x sslcrl=/dev/null"], says: "certificate revocation lists"),
        Mistake(arguments: ["--health-check", "--http-address", "0.0.0.0"], says: "loopback"),
        Mistake(arguments: ["host=x no-equals"], says: #"CONNINFO has no "=""#),
        Mistake(arguments: ["--health-check", "--http-address", "/health"], status: 1, says: "The directory / "),
        Mistake(arguments: ["sslmode=disable host=x"], says: "sslmode=disable"),
    ]

    @Test("Mistakes end it before it serves", arguments: mistakes)
    func mistake(_ mistake: Mistake) async throws {
        let proxy = try await ProxyProcess(mistake.arguments)
        #expect(try await proxy.status() == mistake.status)
        let log = try proxy.log
        #expect(log.contains(mistake.says), "\(log)")
        #expect(try proxy.lines == [])
    }
}
#endif
