#if Proxy
import AWSCredentialSources
import AuthTokens
import Foundation
import LibpqClient
import LoginProxy
import TestSupport
import Testing
import TokenAuditLog

@Suite("Real clients through the proxy", .timeLimit(.minutes(10)))
struct RealClientTests {
    private func psql(_ proxy: RunningProxy, user: String, _ arguments: [String]) async throws -> CommandResult {
        let environment = proxy.environment(user: user)
        return try await ChildProcess.run("/usr/bin/env", ["psql", "-XAtq"] + arguments, environment: environment)
    }

    private func start(_ user: String, isTCP: Bool = false) async throws -> (RunningProxy, RDSLookalike) {
        let server = try await SharedServer.value
        let upstream = try server.upstream(user: user)
        return (try await RunningProxy.start([upstream], issuer: server.issuer(), isTCP: isTCP), server)
    }

    @Test("psql logs in without a password, and the server has judged one token", arguments: [false, true])
    func login(_ isTCP: Bool) async throws {
        let user = isTCP ? "proxied1" : "proxied2"
        let (proxy, server) = try await start(user, isTCP: isTCP)
        let result = try await psql(proxy, user: user, ["-c", "select current_user"])
        #expect(result.lines == [user], "\(result.errors) \(proxy.log.all)")
        #expect(try server.verdicts(on: user).map(\.verdict) == ["accepted"])
        try await proxy.stop()
    }

    @Test(
        "Encryption may be asked for on a Unix-domain socket",
        arguments: ["sslmode=prefer", "sslmode=require", "gssencmode=prefer", "sslmode=disable gssencmode=disable"]
    )
    func encryption(_ settings: String) async throws {
        let user = "proxied3"
        let (proxy, _) = try await start(user)
        let result = try await psql(proxy, user: user, ["-d", settings, "-c", "select 1"])
        #expect(result.lines == ["1"], "\(result.errors)")
        try await proxy.stop()
    }

    @Test("A client that insists on TLS over TCP learns that there is none")
    func requiredTLS() async throws {
        let user = "proxied4"
        let (proxy, _) = try await start(user, isTCP: true)
        let result = try await psql(proxy, user: user, ["-d", "sslmode=require", "-c", "select 1"])
        #expect(result.errors.contains("server does not support SSL"), "\(result.errors)")
        try await proxy.stop()
    }

    @Test("A client that requires channel binding says why there is none")
    func channelBinding() async throws {
        let user = "proxied23"
        let (proxy, _) = try await start(user)
        let result = try await psql(proxy, user: user, ["-d", "channel_binding=require", "-c", "select 1"])
        #expect(result.status == 2)
        #expect(result.errors.contains("channel binding"), "\(result.errors)")
        try await proxy.stop()
    }

    @Test("A login that the server refuses is shown by psql with the server's words and a hint")
    func refusal() async throws {
        let server = try await SharedServer.value
        let user = "proxied5"
        let wrong = try server.credentials()
        let issuer = try server.issuer(
            credentials: .init(accessKeyID: wrong.accessKeyID, secretAccessKey: "wrong", sessionToken: nil)
        )
        let proxy = try await RunningProxy.start([server.upstream(user: user)], issuer: issuer)
        let result = try await psql(proxy, user: user, ["-c", "select 1"])
        #expect(result.status == 2)
        #expect(result.errors.contains("LDAP authentication failed for user"), "\(result.errors)")
        #expect(result.errors.contains("HINT:"), "\(result.errors)")
        #expect(try server.verdicts(on: user).map(\.verdict) == ["refused"])
        try await proxy.stop()
    }

    @Test("A database that does not exist is the server's to refuse")
    func database() async throws {
        let user = "proxied6"
        let (proxy, _) = try await start(user)
        let result = try await psql(proxy, user: user, ["-d", "dbname=absent", "-c", "select 1"])
        #expect(result.errors.contains("database \"absent\" does not exist"), "\(result.errors)")
        try await proxy.stop()
    }

    @Test("Every accepted login is in the audit log, with psql's process as the actor")
    func audit() async throws {
        let server = try await SharedServer.value
        let user = "proxied7"
        let folder = try TemporaryFolder()
        let log = try await AuditLog.open(folder.path("audit.log"))
        let proxy = try await RunningProxy.start(
            [server.upstream(user: user)],
            issuer: server.issuer(audit: .required(log))
        )
        for _ in 0..<3 { #expect(try await psql(proxy, user: user, ["-c", "select 1"]).status == 0) }
        try await proxy.stop()
        await log.close()
        let page = try await AuditLogReader.open(folder.path("audit.log")).page()
        let accepted = page.entries.compactMap(\.record).filter { $0.activity == .connectionAccepted }
        #expect(accepted.count == 3)
        #expect(try server.verdicts(on: user).map(\.verdict) == ["accepted", "accepted", "accepted"])
        #expect(accepted.allSatisfy { $0.actor.program == "psql" && $0.actor.processID != Int64(getpid()) })
        #expect(Set(accepted.compactMap(\.token?.fingerprint)).count == 1)
    }

    @Test("pgbench runs with several sessions")
    func pgbench() async throws {
        let user = "proxied8"
        let (proxy, server) = try await start(user)
        let folder = try TemporaryFolder()
        let script = try folder.write("select sum(i) from generate_series(1, 1000) i;\n", to: "script.sql")
        let result = try await ChildProcess.run(
            "/usr/bin/env",
            ["pgbench", "-n", "-c", "8", "-j", "2", "-t", "50", "-M", "prepared", "-f", script],
            environment: proxy.environment(user: user)
        )
        #expect(result.output.contains("number of transactions actually processed: 400/400"), "\(result.errors)")
        #expect(try server.verdicts(on: user).allSatisfy { $0.verdict == "accepted" })
        try await proxy.stop()
    }

    @Test(
        "Clients of Python log in, copy, listen and cancel",
        arguments: ["psycopg", "asyncpg", "pg8000", "sqlalchemy"],
        [false, true]
    )
    func python(_ client: String, _ isTCP: Bool) async throws {
        let number = ["psycopg", "asyncpg", "pg8000", "sqlalchemy"].firstIndex(of: client) ?? 0
        let user = "proxied\(10 + number * 2 + (isTCP ? 1 : 0))"
        let (proxy, _) = try await start(user, isTCP: isTCP)
        let environment = proxy.environment(user: user)
        let result = try await ChildProcess.run(
            Repository.oraclePython(),
            [
                "-B", Repository.path("Fixtures/clients/proxy_clients.py"), client, environment["PGHOST"] ?? "",
                environment["PGPORT"] ?? "", user,
            ],
            timeLimit: .seconds(240)
        )
        #expect(result.status == 0, "\(result.output) \(result.errors) \(proxy.log.all)")
        #expect(result.lines.last != nil)
        try await proxy.stop()
    }

    @Test("LibpqClient logs in, queries and cancels")
    func libpqClient() async throws {
        let user = "proxied20"
        let (proxy, _) = try await start(user)
        let environment = proxy.environment(user: user)
        var login = PGLogin([
            "host": environment["PGHOST"] ?? "", "port": environment["PGPORT"] ?? "", "user": user,
            "dbname": "postgres",
        ])
        // As those of LibpqClient's own tests.
        login.cancellationTimeout = .seconds(60)
        let connection = try await PGConnection.connect(login)
        #expect(try await connection.execute("select 42").first?.rows.count == 1)
        let sleeping = Task { try await connection.execute("select pg_sleep(90)") }
        try await Task.sleep(for: .milliseconds(300))
        sleeping.cancel()
        let result = await sleeping.result
        #expect(throws: (any Error).self) { try result.get() }
        #expect(try await connection.execute("select 43").first?.rows.count == 1)
        await connection.close()
        try await proxy.stop()
    }

    @Test("psql copies 32 MB both ways, or as much as RDS_IAM_PROXY_COPY_MB says")
    func copy() async throws {
        let user = "proxied21"
        let (proxy, _) = try await start(user)
        let megabytes = ProcessInfo.processInfo.environment["RDS_IAM_PROXY_COPY_MB"].flatMap { Int($0) } ?? 32
        let result = try await ChildProcess.run(
            "/bin/bash",
            [
                "-c",
                """
                set -eo pipefail
                # Bytes that are no pattern, as lines of text.
                (openssl enc -aes-128-ctr -K 00 -iv 00 -in /dev/zero 2>/dev/null || true) |
                    head -c $((\(megabytes) * 3145728 / 4)) |
                    base64 -w 1000 | tee >(sha256sum > "$HOME/sent") |
                    psql -Xq -c 'create temp table t (line text)' -c '\\copy t from pstdin' -c '\\copy t to pstdout' |
                    sha256sum > "$HOME/received"
                until [ -s "$HOME/sent" ]; do sleep 0.05; done
                cat "$HOME/sent" "$HOME/received"
                """,
            ],
            environment: proxy.environment(user: user),
            timeLimit: .seconds(540)
        )
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.lines.count == 2 && Set(result.lines).count == 1, "\(result.lines)")
        try await proxy.stop()
    }

    // One after the other: the checkpoint of a backup removes the segment that pg_receivewal asks for.
    @Test(
        "pg_receivewal and pg_basebackup stream through the proxy",
        .serialized,
        arguments: ["pg_receivewal", "pg_basebackup"]
    )
    func replication(_ program: String) async throws {
        let user = program == "pg_receivewal" ? "proxied22" : "proxied24"
        let (proxy, server) = try await start(user)
        let superuser = ["PGHOST": server.facts.socket, "PGPORT": "\(server.facts.port)", "PGUSER": "postgres"]
        func run(_ statement: String) async throws -> CommandResult {
            let arguments = ["psql", "-XAtq", "-d", "postgres", "-c", statement]
            return try await ChildProcess.run("/usr/bin/env", arguments, environment: superuser)
        }
        // Where it begins: other tests write at the same time, and a checkpoint removes what no slot holds.
        let slot = "select pg_create_physical_replication_slot('received', true)"
        if program == "pg_receivewal" { #expect(try await run(slot).status == 0) }
        // It ends when it gets more than this, which the next statement makes sure of.
        let end = try await run("select pg_current_wal_flush_lsn()")
        #expect(try await run("alter role \(user) replication").status == 0)
        let folder = try TemporaryFolder()
        let directory = folder.path("received")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        let arguments =
            program == "pg_receivewal"
            ? ["--no-loop", "--slot", "received", "--endpos", try #require(end.lines.first), "--no-sync"]
            : ["--checkpoint=fast", "--no-sync", "-X", "stream"]
        let result = try await ChildProcess.run(
            "/usr/bin/env",
            [program, "-D", directory] + arguments,
            environment: proxy.environment(user: user),
            timeLimit: .seconds(240)
        )
        #expect(result.status == 0, "\(result.errors)")
        let files = try FileManager.default.subpathsOfDirectory(atPath: directory)
        #expect(files.contains { $0.split(separator: "/").last?.hasPrefix("0000000") == true }, "\(files)")
        if program == "pg_receivewal" {
            // It is in use until the server has noticed the end.
            #expect(try await comesTrue { try await run("select pg_drop_replication_slot('received')").status == 0 })
        } else {
            // The server's own sums of what it sent.
            let check = try await ChildProcess.run(
                "/bin/bash",
                ["-c", "exec \"$(pg_config --bindir)/pg_verifybackup\" --no-parse-wal \"$1\"", "bash", directory],
                timeLimit: .seconds(240)
            )
            #expect(check.output.contains("backup successfully verified"), "\(check.output) \(check.errors)")
        }
        try await proxy.stop()
    }
}
#endif
