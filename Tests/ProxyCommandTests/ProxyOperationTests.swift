#if Command && Proxy
import Foundation
import RDSIAMSystem
import TestSupport
import Testing

@Suite("rds-iam proxy: start, service and end", .timeLimit(.minutes(3)))
struct ProxyOperationTests {
    struct End: Sendable, CustomTestStringConvertible {
        let signal: Int32
        var arguments: [String] = []
        let status: Int32
        var testDescription: String { "signal \(signal) \(arguments)" }
    }

    static let ends = [
        End(signal: SIGINT, status: 130), End(signal: SIGTERM, status: 143),
        End(signal: SIGTERM, arguments: ["--exit-zero-on-sigterm"], status: 0),
        End(signal: SIGINT, arguments: ["--exit-zero-on-sigterm"], status: 130), End(signal: SIGHUP, status: 143),
    ]

    @Test("The exit status says which signal came", arguments: ends)
    func status(_ end: End) async throws {
        let proxy = try await ProxyProcess.serving(end.arguments)
        #expect(try await proxy.stop(end.signal) == end.status)
    }

    @Test("Under nohup the end of the terminal changes nothing")
    func hangup() async throws {
        let proxy = try await ProxyProcess.serving(shell: #"trap '' HUP; exec "$@""#)
        proxy.send(SIGHUP)
        #expect(try await proxy.psql().output == "andrew\n")
        #expect(try await proxy.stop() == 143)
    }

    @Test("With a log that nothing reads it serves and ends all the same")
    func unreadLog() async throws {
        // A pipe that is full from the start, and open for reading in the proxy itself alone.
        let shell = #"""
            mkfifo "$XDG_RUNTIME_DIR/full"
            exec 2<>"$XDG_RUNTIME_DIR/full"
            head -c 65536 /dev/zero >&2
            exec "$@"
            """#
        let proxy = try await ProxyProcess.serving(shell: shell)
        #expect(try await proxy.psql().output == "andrew\n")
        #expect(try await proxy.stop() == 143)
    }

    @Test("After SIGTERM a running query ends by itself, new clients get 57P03, and the proxy is not ready")
    func drain() async throws {
        let folder = try TemporaryFolder()
        let health = folder.path("health")
        let proxy = try await ProxyProcess.serving(
            ["--max-sigterm-delay", "10m", "--health-check", "--http-address", health],
            in: folder
        )
        #expect(try await wait("readiness", health, timeout: "60").status == 0)
        // A query that runs until a row appears.
        let table = "drain_" + UUID().uuidString.replacing("-", with: "").lowercased()
        _ = try await superuser("create table \(table) (); grant select on \(table) to public")
        let loop = "do $$ begin while not exists (select from \(table)) loop perform pg_sleep(0.05); end loop; end $$"
        let query = Task { try await proxy.psql(loop) }
        let running =
            "select exists (select from pg_stat_activity where query like 'do %\(table)%' and state = 'active')"
        #expect(try await comesTrue { try await superuser(running) == "t\n" })
        proxy.send(SIGTERM)
        #expect(try await comesTrue { try await wait("readiness", health).status == 1 })
        #expect(try await wait("liveness", health, timeout: "60").status == 0)
        #expect(
            try await comesTrue {
                let late = try await proxy.psql("select 1")
                return late.status == 2 && late.errors.contains("the proxy is shutting down")
            }
        )
        _ = try await superuser("insert into \(table) default values")
        let result = try await query.finished()
        #expect(result.status == 0 && result.output == "DO\n")
        #expect(try await proxy.status() == 143)
    }

    /// What a statement prints that a superuser runs at the server itself.
    private func superuser(_ sql: String) async throws -> String {
        let facts = try await SharedServer.value.facts
        return try await ProxyProcess.psql(
            "host=\(facts.socket) port=\(facts.port) user=postgres dbname=postgres",
            sql
        ).output
    }

    private func wait(_ check: String, _ address: String, timeout: String = "0") async throws -> CommandResult {
        try await ProxyProcess.rdsIAM([
            "proxy", "wait", "--for", check, "--timeout", timeout, "--http-address", address,
        ])
    }

    #if os(Linux)
    /// Opens sessions, and prints how much memory, in KB, each of them takes after large statements and answers.
    private static let large = """
        import sys, psycopg
        process, conninfo = sys.argv[1:]

        def memory():
            return int(next(line for line in open(f"/proc/{process}/status") if line.startswith("RssAnon")).split()[1])

        before = memory()
        sessions = [psycopg.connect(conninfo) for number in range(50)]
        for session in sessions:
            assert len(session.execute("select repeat('x', 4000000)").fetchone()[0]) == 4000000
            assert session.execute("select length(%s)", ["y" * 3000000]).fetchone()[0] == 3000000
        print((memory() - before) // len(sessions))
        """

    @Test("A session that has carried large statements and answers holds little memory afterwards")
    func memory() async throws {
        let proxy = try await ProxyProcess.serving()
        let result = try await ChildProcess.run(
            Repository.oraclePython(),
            ["-c", Self.large, String(proxy.identifier), try proxy.lines[0]]
        )
        let each = try #require(result.lines.first.flatMap { Int($0) }, "\(result.errors)")
        #expect(each < 450)
        try await proxy.stop()
    }
    #endif

    @Test("Without a delay a session ends at once, and so it does at a second signal")
    func noDelay() async throws {
        for (arguments, signals) in [([], 1), (["--max-sigterm-delay", "10m"], 2)] as [([String], Int)] {
            let proxy = try await ProxyProcess.serving(arguments)
            let query = Task { try await proxy.psql("select pg_sleep(300)") }
            #expect(try await comesTrue { try proxy.log.contains("session opened") })
            proxy.send(SIGTERM)
            if signals == 2 {
                #expect(try await comesTrue { try proxy.log.contains("shutting down") })
                proxy.send(SIGTERM)
            }
            #expect(try await proxy.status() == 143)
            let result = try await query.finished()
            #expect(result.status != 0)
            #expect(
                result.errors.contains("FATAL:  terminating connection because") == (signals == 1),
                "\(result.errors)"
            )
        }
    }

    @Test("A second signal removes the sockets too, and the exit status is that of the first one's")
    func secondSignal() async throws {
        for (signal, status) in [(SIGTERM, 0), (SIGINT, 130)] as [(Int32, Int32)] {
            let folder = try TemporaryFolder()
            let health = folder.path("health")
            let proxy = try await ProxyProcess.serving(
                [
                    "--max-sigterm-delay", "10m", "--exit-zero-on-sigterm", "--health-check", "--http-address", health,
                ],
                in: folder
            )
            let query = Task { try await proxy.psql("select pg_sleep(300)") }
            #expect(try await comesTrue { try proxy.log.contains("session opened") })
            proxy.send(signal)
            #expect(try await comesTrue { try proxy.log.contains("shutting down") })
            #expect(FileManager.default.fileExists(atPath: health))
            #expect(try await proxy.stop(SIGTERM) == status)
            for path in [health, folder.path("rds-iam/.s.PGSQL.5432")] {
                #expect(!FileManager.default.fileExists(atPath: path), "\(path)")
            }
            #expect(try await query.finished().status != 0)
        }
    }

    #if os(Linux)
    /// Opens connections until the process with this number has no descriptor left, and prints how much processor time
    /// it takes in two seconds, in percent.
    private static let crowd = """
        import os, socket, sys, time
        process, path = sys.argv[1:]

        def used():
            fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

        connections = []
        for number in range(80):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(path)
            connections.append(connection)
        time.sleep(1)
        before = used()
        time.sleep(2)
        print(int((used() - before) / 2 * 100))
        """

    @Test("Without descriptors it waits, says so once, and serves again when there are some")
    func shortage() async throws {
        let proxy = try await ProxyProcess.serving(shell: #"ulimit -n 60; exec "$@""#)
        let result = try await ChildProcess.run(
            "/usr/bin/env",
            ["python3", "-c", Self.crowd, String(proxy.identifier), proxy.folder.path("rds-iam/.s.PGSQL.5432")]
        )
        let percent = try #require(result.lines.first.flatMap { Int($0) }, "\(result.errors)")
        #expect(percent < 50)
        #expect(try await comesTrue { try proxy.log.contains("no client can be accepted") })
        let log = try proxy.log
        #expect(log.components(separatedBy: "no client can be accepted").count == 2, "\(log)")
        #expect(log.contains("Too many open files"))
        #expect(try await comesTrue { try await proxy.psql().output == "andrew\n" })
        try await proxy.stop()
    }
    #endif

    @Test("proxy wait gives up in time at a server that accepts and says nothing, also if it is stopped and goes on")
    func silence() async throws {
        let script = """
            import signal, socket, subprocess, sys, time
            listener = socket.create_server(("127.0.0.1", 0))
            listener.settimeout(60)
            began = time.monotonic()
            process = subprocess.Popen(sys.argv[1:] + ["--http-port", str(listener.getsockname()[1])])
            client = listener.accept()
            for number in (signal.SIGSTOP, signal.SIGCONT) * 5:
                process.send_signal(number)
                time.sleep(0.05)
            status = process.wait()
            print("late" if time.monotonic() - began > 30 else "in time")
            sys.exit(status)
            """
        for timeout in ["0", "1s"] {
            let command = [try Repository.built("rds-iam"), "proxy", "wait", "--timeout", timeout]
            let result = try await ChildProcess.run("/usr/bin/env", ["python3", "-c", script] + command)
            #expect(result.status == 1 && result.output == "in time\n")
            #expect(result.errors.contains("There was no complete answer within"), "\(result.errors)")
        }
    }

    @Test("With --min-sigterm-delay new clients are served for a while after SIGTERM")
    func minimum() async throws {
        let proxy = try await ProxyProcess.serving(["--min-sigterm-delay", "10m", "--max-sigterm-delay", "10m"])
        proxy.send(SIGTERM)
        #expect(try await comesTrue { try proxy.log.contains("shutting down") })
        #expect(try await proxy.psql().output == "andrew\n")
        // The second signal ends it at once.
        #expect(try await proxy.stop() == 143)
    }

    @Test("At --max-connections the next client is told, and the proxy is not ready until one has gone")
    func full() async throws {
        let folder = try TemporaryFolder()
        let health = folder.path("health")
        let proxy = try await ProxyProcess.serving(
            ["--max-connections", "1", "--health-check", "--http-address", health],
            in: folder
        )
        let query = Task { try await proxy.psql("select pg_sleep(300)") }
        #expect(try await comesTrue { try proxy.log.contains("session opened") })
        let next = try await proxy.psql()
        #expect(next.status == 2 && next.errors.contains("FATAL"), "\(next.errors)")
        #expect(
            try await comesTrue {
                try await wait("readiness", health).errors.contains("All of 1 connections are open.")
            }
        )
        let metrics = try await get("/metrics", health)
        #expect(metrics.contains("rds_iam_proxy_sessions_open 1\n"))
        #expect(metrics.contains(#"rds_iam_proxy_connections_refused_total{reason="connection_limit"} 1"#))
        #expect(metrics.contains("rds_iam_proxy_login_seconds_count 1\n"))
        #expect(metrics.contains("rds_iam_proxy_connections_limit 1\n"))
        #expect(!metrics.contains("andrew") && !metrics.contains("X-Amz"))
        query.cancel()
        try await proxy.stop()
        _ = try await query.finished()
    }

    private func get(_ path: String, _ socket: String) async throws -> String {
        let script = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
            s.sendall(f"GET {sys.argv[2]} HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n".encode())
            while data := s.recv(65536): sys.stdout.write(data.decode())
            """
        return try await ChildProcess.run("/usr/bin/env", ["python3", "-c", script, socket, path]).output
    }

    @Test("proxy wait returns when the proxy is up, and says after its timeout that none is")
    func waiting() async throws {
        let folder = try TemporaryFolder()
        let health = folder.path("health")
        let none = try await wait("startup", health)
        #expect(none.status == 1 && none.errors.contains("No proxy at \(health)"))
        #expect(try await wait("startup", "0.0.0.0").status == 2)
        let waiting = Task { try await wait("startup", health, timeout: "60") }
        let proxy = try await ProxyProcess.serving(["--health-check", "--http-address", health], in: folder)
        let result = try await waiting.finished()
        #expect(result.status == 0 && result.output == "" && result.errors == "")
        try await proxy.stop()
    }

    @Test("--ready-fd gets the connection strings, and its end if the proxy does not start")
    func readyDescriptor() async throws {
        let proxy = try await ProxyProcess.serving(
            ["--listen", "127.0.0.1:0", "--ready-fd", "3"],
            shell: #"exec "$@" 3>"$XDG_RUNTIME_DIR/ready""#
        )
        #expect(try await comesTrue { try proxy.text("ready") == proxy.text("out") })
        #expect(try proxy.text("ready").contains(" password="))
        try await proxy.stop()
    }

    @Test("With --exit-with-parent it ends when the process that started it is killed")
    func parent() async throws {
        let proxy = try await ProxyProcess.serving(
            ["--exit-with-parent"],
            shell: #""$@" & echo $! > "$XDG_RUNTIME_DIR/pid"; wait"#
        )
        var number: pid_t?
        _ = try await comesTrue {
            number = pid_t(try proxy.text("pid").trimmingCharacters(in: .whitespacesAndNewlines))
            return number != nil
        }
        let identifier = try #require(number)
        #expect(kill(identifier, 0) == 0)
        proxy.send(SIGKILL)
        #expect(
            try await comesTrue {
                !FileManager.default.fileExists(atPath: proxy.folder.path("rds-iam/.s.PGSQL.5432"))
            }
        )
        #expect(try await comesTrue { try proxy.log.contains("the process that started the proxy has ended") })
    }

    @Test("A service manager is told that the proxy is ready and that it stops")
    func serviceManager() async throws {
        let script = """
            import os, signal, socket, subprocess, sys
            receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            receiver.bind(os.environ["XDG_RUNTIME_DIR"] + "/notify")
            receiver.settimeout(60)
            child = subprocess.Popen(sys.argv[1:], env=os.environ | {"NOTIFY_SOCKET": receiver.getsockname()})
            first = receiver.recv(4096).decode()
            child.send_signal(signal.SIGTERM)
            second = receiver.recv(4096).decode()
            with open(os.environ["XDG_RUNTIME_DIR"] + "/told", "w") as file: file.write(first + second)
            sys.exit(child.wait())
            """
        let folder = try TemporaryFolder()
        let file = try folder.write(script, to: "manager.py")
        let proxy = try await ProxyProcess(
            ["--max-sigterm-delay", "20"],
            in: folder,
            shell: "exec python3 \(file) \"$@\""
        )
        #expect(try await proxy.status() == 143)
        let told = try proxy.text("told")
        #expect(told.hasPrefix("READY=1\nSTATUS=Listening on \(folder.path("rds-iam/.s.PGSQL.5432"))\n"))
        #expect(told.contains("STOPPING=1\n") && told.contains("EXTEND_TIMEOUT_USEC=30000000\n"))
    }

    @Test("Nothing that it writes holds a token, a password, SQL or startup options")
    func secrets() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("pass-s3cret\n", to: "password")
        let proxy = try await ProxyProcess.serving(
            ["--listen", "127.0.0.1:0", "--password-file", file, "--structured-logs"],
            in: folder
        )
        let environment = ["PGPASSWORD": "pass-s3cret", "PGOPTIONS": "-c my.option=option-s3cret"]
        #expect(
            try await proxy.psql("select 'sql-s3cret', current_setting('my.option')", environment: environment).status
                == 0
        )
        #expect(try await proxy.psql("select 'sql-s3cret", environment: environment).status == 1)
        #expect(try await proxy.psql("x", environment: ["PGPASSWORD": "bad-s3cret"]).status == 2)
        #expect(try await proxy.psql("x", "user=mallory", environment: environment).status == 2)
        #expect(try await proxy.psql("x", "dbname=missing", environment: environment).status == 2)
        try await proxy.stop()
        try FileManager.default.removeItem(atPath: file)
        for (name, data) in try folder.everything() {
            let text = String(decoding: data, as: UTF8.self)
            for secret in ["s3cret", "X-Amz-Signature", "X-Amz-Security-Token"] {
                #expect(!text.contains(secret), "\(name) holds \(secret)")
            }
        }
        let lines = try proxy.log.split(separator: "\n")
        #expect(lines.count >= 6)
        for line in lines {
            let object = try #require(JSONValue.object(Array(line.utf8)), "\(line)")
            for key in ["message", "severity", "timestamp"] { #expect(object[key]?.text?.isEmpty == false, "\(line)") }
        }
    }
}
#endif
