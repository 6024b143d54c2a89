#if Command
import Foundation
import RDSIAMSystem
import TestSupport
import Testing

@Suite("rds-iam psql, exec and env", .timeLimit(.minutes(5)))
struct LaunchTests {
    @Test("psql logs in, takes -c, -f and its own arguments, and ends with its own status")
    func psql() async throws {
        let lab = try await CommandLab.atServer(as: "user3")
        let file = try lab.folder.write("select 'file'", to: "script.sql")
        let result = try await lab.run(
            "psql",
            "-c",
            "select current_user",
            "-f",
            file,
            "--",
            "-XAt",
            "-c",
            "select 'own'"
        )
        #expect(result.output == "user3\nfile\nown\n", "\(result.errors)")
        #expect(try await lab.run("psql", "--", "-X", "-c", "select 1/0").status == 1)
        #expect(try await lab.run("psql", "--", "-X", "-v", "ON_ERROR_STOP=1", "-f", "/nonexistent").status == 1)
        #expect(try await lab.run("psql", "no such database", "--", "-Xc", "select 1").status == 2)
    }

    @Test("psql and exec put no token on a command line, and record the token before the program starts")
    func commandLine() async throws {
        let lab = try await CommandLab.atServer(as: "user3")
        let script = "tr '\\0' ' ' < /proc/$$/cmdline; \"$RDS_IAM\" audit list --all; echo \"$PGPASSWORD\""
        let variables = ["RDS_IAM": try Repository.built("rds-iam")]
        let result = try await lab.run(["exec", "--", "/bin/sh", "-c", script], variables)
        let lines = result.lines
        #expect(lines.first?.hasPrefix("/bin/sh -c") == true && lines.first?.contains("X-Amz") == false)
        #expect(result.output.contains("issue") && result.output.contains("checkpoint"), "\(result.output)")
        #expect(lines.last?.contains("DBUser=user3") == true)
    }

    /// How a program ends, and the status a shell sees.
    static let endings = [
        ("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -TERM $$", -15), ("kill -KILL $$", -9),
    ]

    @Test("exec ends as the program does, a signal included", arguments: 0..<endings.count)
    func ending(_ index: Int) async throws {
        let lab = try await CommandLab.atServer(as: "user3")
        let (script, status) = Self.endings[index]
        #expect(try await lab.run("exec", "--", "/bin/sh", "-c", script).status == Int32(status))
    }

    @Test("exec passes on arguments, variables and descriptors as they are, and no descriptor of its own")
    func inheritance() async throws {
        let lab = try await CommandLab.atServer(as: "user3")
        // The C library ignores signals of its own, which are above the first 28.
        let result = try await lab.shell(
            #"""
            export ODD=$(printf 'a\377b') PGREQUIRESSL=1; BAD=$(printf 'x\377y')
            INNER='printf "%s|%s" "$1" "$ODD" | od -An -tx1; cat <&5; ls /proc/$$/fd
            grep -E "SigIgn|SigBlk" /proc/self/status | sed "s/.*\(.......\)$/\1/"'
            rds_iam exec -- sh -c "$INNER; echo \"[\$PGREQUIRESSL]\"" sh "$BAD" 5<<EOF
            inherited
            EOF
            sh -c "$INNER" sh "$BAD" 5<<EOF
            inherited
            EOF
            """#
        )
        #expect(result.status == 0, "\(result.errors)")
        let parts = result.output.components(separatedBy: "[]\n")
        #expect(parts.count == 2 && parts.first == parts.last, "\(result.output)")
        #expect(parts.first?.hasPrefix(" 78 ff 79 7c 61 ff 62\ninherited\n") == true, "\(result.output)")
    }

    @Test("exec makes no token for a program that does not exist")
    func noProgram() async throws {
        let lab = try await CommandLab.atServer(as: "user3")
        #expect(try await lab.run("exec", "--", "no-such-program").status == 127)
        #expect(!FileManager.default.fileExists(atPath: lab.folder.path("home/.local")))
    }

    @Test("at a terminal, Ctrl-C and Ctrl-Z reach the program, and the terminal is its own")
    func terminal() async throws {
        let lab = try await CommandLab.atServer(as: "user3")
        let script = """
            import os, pty, signal, sys
            child, terminal = pty.fork()
            if child == 0:
                # A job of a shell: the group of a session's first process cannot be stopped.
                signal.signal(signal.SIGTTOU, signal.SIG_IGN)
                job = os.fork()
                if job == 0:
                    os.setpgid(0, 0)
                    os.tcsetpgrp(0, os.getpid())
                    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
                    os.execv(sys.argv[1], sys.argv[1:])
                print("stopped", os.WIFSTOPPED(os.waitpid(job, os.WUNTRACED)[1]), flush=True)
                os.kill(-job, signal.SIGCONT)
                print("status", os.waitstatus_to_exitcode(os.waitpid(job, 0)[1]), flush=True)
                os._exit(0)
            seen = b""
            def until(text):
                global seen
                while text not in seen: seen += os.read(terminal, 4096)
            until(b"ready")
            os.write(terminal, b"\\x1a")
            until(b"stopped True")
            os.write(terminal, b"\\x03")
            until(b"interrupted")
            until(b"status 42")
            print(os.waitpid(child, 0)[1])
            """
        // Nothing is forked: a stop between vfork and exec would hold the shell, which then does not count as stopped.
        let inner = "trap 'echo interrupted; exit 42' INT; test -t 0 && echo ready; while :; do read line; done"
        let words = ["python3", "-c", script, try Repository.built("rds-iam"), "exec", "--", "/bin/sh", "-c", inner]
        let result = try await lab.run(program: "/usr/bin/env", words)
        #expect(result.output == "0\n", "\(result.errors)")
    }

    @Test("Ctrl-C while psql runs a statement cancels the statement, and psql goes on")
    func psqlCancel() async throws {
        let lab = try await CommandLab.atServer(as: "user4")
        let script = """
            import os, pty, sys
            child, terminal = pty.fork()
            if child == 0: os.execv(sys.argv[1], sys.argv[1:])
            seen = b""
            def until(text):
                global seen
                while text not in seen: seen += os.read(terminal, 4096)
            until(b"postgres=> ")
            # The server's notice says that the statement runs: before that, psql drops the line at Ctrl-C.
            os.write(terminal, b"do $$ begin raise notice 'runs'; perform pg_sleep(300); end $$;\\n")
            until(b"NOTICE:  runs")
            os.write(terminal, b"\\x03")
            until(b"canceling statement")
            os.write(terminal, b"\\\\q\\n")
            while True:
                try:
                    if not os.read(terminal, 4096): break
                except OSError: break
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            """
        let words = ["python3", "-c", script, try Repository.built("rds-iam"), "psql", "--", "-X", "-n"]
        let result = try await lab.run(program: "/usr/bin/env", words, ["TERM": "dumb"])
        #expect(result.output == "0\n", "\(result.errors)")
    }

    @Test(
        "parameters that libpq reads from no variable are named, without their values",
        arguments: [
            ["env"], ["exec", "--", "/bin/true"], ["psql", "--", "--version"],
        ]
    )
    func lostParameters(_ words: [String]) async throws {
        var lab = try CommandLab()
        let service = "[blog]\nhost=db.example.com\nuser=u\ntcp_user_timeout=4321\nconnect_timeout=9\n"
        lab.environment["PGSERVICEFILE"] = try lab.folder.write(service, to: "services")
        func run(_ conninfo: String) async throws -> CommandResult {
            try await lab.run(words.prefix(1) + [conninfo] + words.dropFirst())
        }
        let result = try await run("service=blog keepalives=0 sslpassword=s3cret replication=''")
        #expect(result.status == 0 && result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        #expect(
            result.errors.contains("Not passed on: keepalives, tcp_user_timeout, sslpassword. "),
            "\(result.errors)"
        )
        for value in ["s3cret", "4321"] { #expect(!result.errors.contains(value), "\(result.errors)") }
        #expect(try await run("host=db.example.com user=u").errors == "")
    }

    @Test("env prints lines that a shell evaluates, quoted or not, and says when the token ends")
    func env() async throws {
        let lab = try await CommandLab.atServer(as: "user3")
        let variables = ["PGAPPNAME": "it's $HOME `x` \"y\" \\ z", "PGREQUIRESSL": "1"]
        let direct = try await lab.shell(
            "eval \"$(rds_iam env)\"; psql -XAt -c 'show application_name' && psql -XAtc 'select current_user'; "
                + "echo \"${PGREQUIRESSL-unset}\"",
            variables
        )
        #expect(direct.output == "it's $HOME `x` \"y\" \\ z\nuser3\nunset\n", "\(direct.output)\(direct.errors)")
        let unquoted = try await lab.shell("eval $(rds_iam env); psql -XAtc 'select current_user'")
        #expect(unquoted.output == "user3\n", "\(unquoted.errors)")
        let lines = try await lab.run("env").lines
        #expect(lines.last?.hasPrefix("# The token logs in until 20") == true && lines.last?.hasSuffix("Z.") == true)
    }
}
#endif
