#if Command
import Foundation
import RDSIAMBasics
import RDSIAMSystem
import TestSupport
import Testing

@Suite("rds-iam connect", .timeLimit(.minutes(5)))
struct ConnectTests {
    @Test("needs no argument if the environment says all")
    func environment() async throws {
        let lab = try await CommandLab.atServer(as: "user1")
        let result = try await lab.run("connect")
        #expect(result.output.hasPrefix("user1 is connected to postgres on "), "\(result.errors)")
        #expect(result.status == 0 && result.lines.count == 1)
    }

    @Test("runs -c and -f in the order of the command line, also SQL that begins with --")
    func order() async throws {
        let lab = try await CommandLab.atServer(as: "user1")
        let file = try lab.folder.write("-- a comment\nselect 'file';\n", to: "script.sql")
        let words = ["connect", "-c", "--first\nselect 'one'; select 'two'", "-f", file, "-cselect 'three'", "-f", "-"]
        let result = try await lab.run(words, input: "select 'input'")
        #expect(result.output == "one\ntwo\nfile\nthree\ninput\n", "\(result.errors)")
        #expect(result.status == 0)
    }

    @Test("prints CSV and JSON as COPY and to_json do")
    func formats() async throws {
        let lab = try await CommandLab.atServer(as: "user1")
        let sql = """
            select 1::int2 as a, null as "b c", '' as d, E'x,"y"\\n' as e, true as f, '{"k": [1]}'::jsonb as g, \
            1.50::numeric as h, 'NaN'::float8 as i, 'é' as j, array[1,2] as k
            """
        let csv = try await lab.run("connect", "--csv", "-c", sql)
        let copy = try await lab.superuser("copy (\(sql)) to stdout (format csv, header)")
        #expect(csv.output == copy + "\n", "\(csv.errors)")
        let end = #"select E'\\.' as a"#
        let dot = try await lab.superuser("copy (\(end)) to stdout (format csv, header)")
        #expect(try await lab.run("connect", "--csv", "-c", end).output == dot + "\n" && dot == #"a\#n"\.""#)
        let json = try await lab.run(
            "connect",
            "--json",
            "-c",
            sql + "; select 2 as only where false; select 3 as last"
        )
        #expect(
            json.lines == [
                #"{"a":1,"b c":null,"d":"","e":"x,\"y\"\n","f":true,"g":{"k": [1]},"h":1.50,"i":"NaN","j":"é","k":"{1,2}"}"#,
                #"{"last":3}"#,
            ],
            "\(json.errors)"
        )
        let twins = try await lab.run("connect", "--json", "-c", "select 1 as a, 2 as a")
        #expect(twins.status == 1 && twins.output == "" && twins.errors.contains("Two columns are named \"a\""))
    }

    @Test("copies from standard input and to standard output, within one script")
    func copy() async throws {
        let lab = try await CommandLab.atServer(as: "user1")
        let sql = """
            create temp table n (a int, b text); copy n from stdin; select count(*), sum(a) from n; \
            copy (select * from n order by a limit 2) to stdout; select 'end'
            """
        let rows = (1...50_000).map { "\($0)\trow \($0)\n" }.joined()
        let result = try await lab.run("connect", "-c", sql, input: rows)
        #expect(result.output == "50000\t1250025000\n1\trow 1\n2\trow 2\nend\n", "\(result.errors)")
        let wrong = try await lab.run("connect", "-c", sql, input: "x\ty\n")
        #expect(wrong.status == 1 && wrong.output == "" && wrong.errors.contains("22P02"), "\(wrong.errors)")
        #expect(wrong.errors.hasSuffix("\nCONTEXT: COPY n, line 1, column a: \"x\"\n"), "\(wrong.errors)")
        let taken = try await lab.run("connect", "-f", "-", input: sql)
        #expect(taken.status == 1 && taken.errors.contains("-f - has read it"), "\(taken.errors)")
    }

    @Test("stops at the first error, and takes back what was sent with it")
    func firstError() async throws {
        let lab = try await CommandLab.atServer(as: "user1")
        _ = try await lab.superuser(
            "create table if not exists first_error (a int); grant all on first_error to public"
        )
        let insert = "insert into first_error values (1)"
        let result = try await lab.run(
            "connect",
            "-c",
            insert,
            "-c",
            "\(insert); select 1/0; \(insert)",
            "-c",
            "select 'never'"
        )
        #expect(result.status == 1 && result.output == "", "\(result.output)")
        #expect(result.errors.contains("ivision by zero") && result.errors.contains("22012"))
        #expect(try await lab.superuser("select count(*) from first_error") == "1")
    }

    @Test("says where in a script the error is, and which row it is about")
    func errorPlace() async throws {
        let lab = try await CommandLab.atServer(as: "user1")
        // The position counts characters, and the mark at the beginning is none of the SQL.
        let file = try lab.folder.write("\u{FEFF}select 1;\nselect 'é𝄞';\n\nselect * from nosuch;\n", to: "é.sql")
        let twice = "create temp table t (a int primary key); insert into t values (1), (1)"
        let cases: [([String], String)] = [
            (["-f", file], "é.sql, line 4: "), (["-c", "select 1;\nselect * from nosuch"], "error: line 2: "),
            (["-c", "select * from nosuch"], "error: Relation"),
            (["-c", twice], "DETAIL: Key (a)=(1) already exists."),
        ]
        for (words, text) in cases {
            let result = try await lab.run(["connect"] + words)
            #expect(result.status == 1 && result.errors.contains(text), "\(result.errors)")
        }
        let marked = try lab.folder.write("\u{FEFF}select 42", to: "marked.sql")
        #expect(try await lab.run("connect", "-f", marked).output == "42\n")
    }

    @Test("leaves the lines of a server's error as they are")
    func errorLines() async throws {
        let lab = try await CommandLab.atServer(as: "user1")
        let sql = #"do $$ begin raise exception E'balance:\n-5\n- of 10' using detail = E'of:\n  - a'; end $$"#
        let result = try await lab.run("connect", "-c", sql)
        #expect(result.errors.contains("alance:\n-5\n- of 10"), "\(result.errors)")
        #expect(result.errors.contains("\nDETAIL: of:\n  - a\nCONTEXT: PL/pgSQL function"), "\(result.errors)")
    }

    /// What a terminal acts on: controls of ASCII and those after it, marks of direction, ends of lines.
    private static let acting = "\u{1B}[2J\u{9B}1m\u{200E}\u{200F}\u{61C}\u{202E}\u{2066}\u{2069}\u{2028}\r\u{7F}"
    private static let escaped = #"\u{1b}[2J\u{9b}1m\u{200e}\u{200f}\u{61c}\u{202e}\u{2066}\u{2069}\u{2028}\r\u{7f}"#

    @Test("shows escapes instead of what a server, a connection string or an argument has for a terminal to act on")
    func escapes() async throws {
        let lab = try await CommandLab.atServer(as: "user1")
        let name = Self.acting
        let notice = "do $$ begin raise notice '\(name)' using detail = '\(name)', hint = '\(name)'; end $$"
        let error = notice.replacing("raise notice", with: "raise exception")
        for (words, count) in [
            (["-c", notice], 3), (["-c", error], 3), (["-d", "a" + name], 1), (["dbname='\(name)'"], 1),
            (["--profile", "a" + name], 1), (["-f", "/nonexistent/" + name], 1), (["--nosuch" + name], 1),
        ] {
            let result = try await lab.run(["connect"] + words)
            let isClean = result.errors.unicodeScalars.allSatisfy { $0 == "\n" || !$0.isInvisible }
            #expect(isClean && result.output == "", "\(words): \(result.errors)")
            // An argument may stand there as Swift quotes it.
            let text = result.errors.replacing(#"\u{1B}"#, with: #"\u{1b}"#).replacing(#"\u{7F}"#, with: #"\u{7f}"#)
            #expect(text.components(separatedBy: Self.escaped).count > count, "\(words): \(result.errors)")
        }
    }

    @Test("says that there was a token also if the end of it is not known")
    func endlessToken() async throws {
        let lab = try await CommandLab.atServer(as: "user1")
        let program = try Repository.built("rds-iam")
        let json = #"{"generators": {"v": {"type": "command", "command": ["\#(program)", "token", "--audit", "off"]}}}"#
        let file = try lab.folder.write(json, to: "config.json")
        let result = try await lab.run("connect", "--generator", "v", "--config", file)
        #expect(result.output.hasSuffix(" with a token\n"), "\(result.output)\(result.errors)")
    }

    @Test("prints notices to standard error as they come")
    func notices() async throws {
        let lab = try await CommandLab.atServer(as: "user1")
        let sql = "do $$ begin raise notice 'one' using hint = 'look'; raise warning 'two'; end $$"
        let result = try await lab.run("connect", "-c", sql)
        #expect(result.errors == "NOTICE: one\nHINT: look\nWARNING: two\n" && result.output == "" && result.status == 0)
    }

    @Test("streams rows in memory that does not grow with their number")
    func memory() async throws {
        let lab = try await CommandLab.atServer(as: "user1")
        func peak(_ rows: Int) async throws -> Int {
            let sql = "select i, repeat('x', 200) from generate_series(1, \(rows)) i"
            let script = """
                import resource, subprocess, sys
                count = 0
                child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
                for line in child.stdout: count += 1
                print(child.wait(), count, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
                """
            let words = ["python3", "-c", script, try Repository.built("rds-iam"), "connect", "-c", sql]
            let result = try await lab.run(program: "/usr/bin/env", words)
            let numbers = result.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
            try #require(
                numbers.count == 3 && numbers[0] == 0 && numbers[1] == rows,
                "\(result.output)\(result.errors)"
            )
            return numbers[2]
        }
        let (few, many) = (try await peak(1000), try await peak(100_000))
        // 100,000 rows have 20 MB.
        #expect(many < few + 8192, "\(few) KiB, \(many) KiB")
    }

    @Test("shows on a terminal no character that the terminal acts on")
    func terminal() async throws {
        let lab = try await CommandLab.atServer(as: "user1")
        let script = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
        let sql = #"select E'a\x1b[2Jb\u009b1m\u0080é\u00a0'"#
        let words = ["python3", "-c", script, try Repository.built("rds-iam"), "connect", "-c", sql]
        let result = try await lab.run(program: "/usr/bin/env", words)
        #expect(result.output == "a\\x1b[2Jb\\u009b1m\\u0080é\u{A0}\r\n", "\(result.errors)")
        #expect(try await lab.run("connect", "-c", sql).output == "a\u{1B}[2Jb\u{9B}1m\u{80}é\u{A0}\n")
    }

    @Test("a signal stops the statement on the server and closes the audit log", arguments: [SIGINT, SIGTERM, SIGHUP])
    func signal(_ signal: Int32) async throws {
        let lab = try await CommandLab.atServer(as: "user2")
        let table = "interrupted_\(signal)"
        _ = try await lab.superuser("create table \(table) (a int); grant all on \(table) to public")
        let mark = "/* \(UUID().uuidString) */"
        let child = try lab.start(["connect", "-c", "insert into \(table) values (1); select pg_sleep(300) \(mark)"])
        func sessions(_ condition: String) async throws -> String {
            try await lab.superuser(
                "select count(*) from pg_stat_activity where query like '%\(mark)%' and pid <> pg_backend_pid() \(condition)"
            )
        }
        #expect(try await comesTrue { try await sessions("and wait_event = 'PgSleep'") == "1" })
        child.send(signal)
        #expect(try await child.wait() == -signal)
        #expect(try await comesTrue { try await sessions("") == "0" })
        #expect(try await lab.superuser("select count(*) from \(table)") == "0")
        let head = try await lab.run("audit", "list", "--all", "--json")
        #expect(head.lines.first?.contains("audit.checkpoint") == true, "\(head.lines.first ?? head.errors)")
        #expect(try await lab.run("audit", "verify").status == 0)
    }

    @Test("Ctrl-C ends a command that waits for its script, and closes the audit log")
    func waitingForScript() async throws {
        let lab = try await CommandLab.atServer(as: "user6")
        // A FIFO without a writer holds the reader in open(2).
        mkfifo(lab.folder.path("fifo"), 0o600)
        let child = try lab.start(["connect", "-f", lab.folder.path("fifo")])
        let condition =
            "select count(*) from pg_stat_activity where usename = 'user6' and state = 'idle' and query = ''"
        #expect(try await comesTrue { try await lab.superuser(condition) == "1" })
        child.send(SIGINT)
        #expect(try await child.wait() == -SIGINT)
        #expect(try await comesTrue { try await lab.superuser(condition) == "0" })
        let last = try await lab.run("audit", "list", "--all", "--json")
        #expect(last.lines.first?.contains("audit.checkpoint") == true, "\(last.lines.first ?? last.errors)")
    }
}
#endif
