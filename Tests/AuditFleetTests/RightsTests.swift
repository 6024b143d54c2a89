import AuditFleet
import Foundation
import LibpqClient
import TestSupport
import Testing
import TokenAuditLog

@Suite("Rights", .timeLimit(.minutes(2)))
struct RightsTests {
    private let folder: TemporaryFolder
    private var log: String { folder.path("log") }

    init() throws { folder = try TemporaryFolder() }

    /// Tries SQL and returns the SQLSTATE of the error, or `nil` if it was done.
    private func attempt(_ sql: String, over connection: PGConnection) async throws -> String? {
        do {
            _ = try await connection.execute(sql)
            return nil
        } catch let error as PGError { return error.sqlState ?? "none" }
    }

    @Test("A shipper can neither read, insert, update, delete nor truncate, and not change the schema")
    func shipper() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        try await database.ship(log, as: user)
        let before = try await database.value("SELECT count(*) FROM audit_fleet.event")
        let connection = try await database.connection(as: user)
        let tables = ["event", "event_other", "chain", "finding", "partition", "retired_run", "meta"]
        for table in tables {
            for sql in ["SELECT * FROM", "DELETE FROM", "TRUNCATE", "DROP TABLE"] {
                let code = try await attempt("\(sql) audit_fleet.\(table)", over: connection)
                #expect(code == "42501", "\(sql) \(table)")
            }
        }
        for sql in [
            "INSERT INTO audit_fleet.event (chain_id, seq, time, chain_hash, payload) VALUES (1, 100, now(), '', '')",
            "UPDATE audit_fleet.event SET payload = 'x'", "UPDATE audit_fleet.chain SET next_seq = 1",
            "CREATE TABLE audit_fleet.mine (n integer)", "SELECT audit_fleet.resume(1, 'x')",
            "SELECT audit_fleet.retire('2026-01-01')", "SELECT audit_fleet.maintain()",
            "SELECT audit_fleet.make_partition(now())", "SELECT audit_fleet.locked('x')",
            "SELECT audit_fleet.store(NULL, 1, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
            "SELECT audit_fleet.compare(NULL, 1, NULL, NULL, NULL, NULL)",
            "SELECT * FROM audit_fleet.rows(1, 1, 1, '', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
            "CREATE OR REPLACE FUNCTION audit_fleet.ship(text) RETURNS void LANGUAGE sql AS ''",
            "ALTER TABLE audit_fleet.event DETACH PARTITION audit_fleet.event_other",
            "SELECT * FROM audit_fleet.entry",
        ] {
            #expect(try await attempt(sql, over: connection) == "42501", "\(sql)")
        }
        #expect(try await database.value("SELECT count(*) FROM audit_fleet.event") == before)
        #expect(try await database.fleet().verify().isIntact)
    }

    @Test("Settings and search paths of a session change nothing")
    func settings() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        let head = try await Logs.head(of: log)
        let connection = try await database.connection(as: user)
        _ = try await connection.execute(
            """
            CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$;
            SET search_path = pg_temp, pg_catalog; SET DateStyle = 'SQL, DMY'; SET TimeZone = 'Asia/Tokyo';
            SET backslash_quote = off; SET standard_conforming_strings = off; SET bytea_output = escape
            """
        )
        _ = try await connection.execute("SET bytea_output = hex; SET DateStyle = 'ISO'")
        let shipment = try await LogShipper(log, host: "app-1").ship(over: connection)
        #expect(shipment.through == head.sequence && shipment.isSound)
        #expect(try await database.fleet().verify(heads: [head]).isIntact)
    }

    @Test("What others make in another schema takes the place of nothing")
    func otherSchema() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        try await database.ship(log, as: user)
        // As before PostgreSQL 15, everybody may make functions in the schema public. These fit better than its own.
        try await database.forge(
            "CREATE TABLE trap (caller text); GRANT CREATE ON SCHEMA public TO PUBLIC; GRANT ALL ON trap TO PUBLIC"
        )
        let functions = [
            ("convert_to(text, text)", "bytea"), ("pg_advisory_xact_lock(integer)", "void"),
            ("product(bigint, interval)", "interval"),
        ]
        let forger = try await database.connection(as: user)
        for (function, result) in functions {
            _ = try await forger.execute(
                """
                CREATE FUNCTION public.\(function) RETURNS \(result) LANGUAGE sql
                AS $$ INSERT INTO public.trap VALUES (current_user); SELECT NULL::\(result) $$
                """
            )
        }
        _ = try await forger.execute(
            "CREATE OPERATOR public.* (FUNCTION = public.product, LEFTARG = bigint, RIGHTARG = interval)"
        )
        await forger.close()
        let fleet = try await database.fleet()
        #expect(try await fleet.verify().isIntact)
        _ = try await fleet.statistics()
        #expect(try await fleet.entries(limit: 100).isEmpty == false)
        try await Fleet(try await database.connection(as: database.owner)).install()
        let reader = try await database.connection(as: try await database.user(with: "reader"))
        for view in ["entry", "login", "login_by_role", "login_by_server", "host", "silent_host"] {
            _ = try await reader.query("SELECT * FROM audit_fleet.\(view)")
        }
        _ = try await reader.query("SELECT audit_fleet.body(payload, raw) FROM audit_fleet.event")
        #expect(try await database.value("SELECT string_agg(caller, ' ') FROM trap") == nil)
    }

    @Test("Who may only connect holds nothing up")
    func advisoryLocks() async throws {
        let database = try await FleetDatabase.make()
        let stranger = try await database.connect()
        _ = try await stranger.execute(
            """
            SELECT pg_advisory_lock(hashtext('audit_fleet.make_partition')),
                pg_advisory_lock(hashtext('audit_fleet.install'))
            """
        )
        let owner = try await database.connection(as: database.owner)
        _ = try await owner.execute("SET lock_timeout = '5s'")
        #expect(try await Fleet(owner).install() == false)
        await stranger.close()
    }

    /// Calls the shippers' function with rows whose columns are SQL, and returns how many were stored.
    private func send(
        _ rows: String,
        chains: String,
        payloads: String = "ARRAY['{}'::bytea]",
        as head: AuditHead,
        over connection: PGConnection
    ) async throws -> Int64 {
        try await connection.execute(
            """
            SELECT stored FROM audit_fleet.ship('\(head.logID)', \(rows), ARRAY[1::bigint], NULL, ARRAY['app'], NULL,
                \(chains), \(payloads))
            """
        )[0].rows[0].decode(at: 0)
    }

    @Test("A batch that does not follow is not stored, by any sender")
    func forgedBatch() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        let head = try await Logs.head(of: log)
        try await database.ship(log, as: user)
        let connection = try await database.connection(as: user)
        let hash = "ARRAY['\\x\(String(repeating: "00", count: 32))'::bytea]"
        for row in [head.sequence + 1, head.sequence + 5, 3, 0, -7] {
            #expect(try await send("ARRAY[\(row)::bigint]", chains: hash, as: head, over: connection) == 0)
            try await database.forge("UPDATE audit_fleet.chain SET held_by = NULL")
        }
        #expect(try await database.fleet().verify(heads: [head]).chains.map(\.verification.isIntact) == [true])
        #expect(try await database.fleet().findings().count == 3)
    }

    @Test("Arrays of any shape are data")
    func oddArrays() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        let head = try await Logs.head(of: log)
        try await database.ship(log, as: user)
        let connection = try await database.connection(as: user)
        let next = head.sequence + 1
        // A row that follows, if it is taken as it is.
        let digest =
            "sha256('\\x02'::bytea || '\\x\(head.chainHash.map { String(format: "%02x", $0) }.joined())'::bytea "
            + "|| int8send(\(next)) || sha256('\\x007b7d'::bytea))"
        let good = "ARRAY[\(digest)]"
        for (rows, chains) in [
            ("NULL", good), ("'{}'", good), ("ARRAY[NULL::bigint]", good), ("'[3:3]={\(next)}'", good),
            ("'{{\(next)}}'", good), ("ARRAY[\(next)::bigint]", "NULL"), ("ARRAY[\(next)::bigint]", "'{}'"),
            ("ARRAY[\(next)::bigint]", "ARRAY[NULL::bytea]"), ("ARRAY[\(next)::bigint]", "ARRAY['x'::bytea]"),
            ("ARRAY[9223372036854775807]", good), ("ARRAY[-9223372036854775808]::bigint[]", good),
        ] {
            let stored = try await send(rows, chains: chains, as: head, over: connection)
            #expect(stored == 0, "\(rows) \(chains)")
            try await database.forge("UPDATE audit_fleet.chain SET held_by = NULL")
        }
        // The same row twice is stored once, and the second is a finding.
        let twice = try await send(
            "ARRAY[\(next), \(next)]::bigint[]",
            chains: "ARRAY[\(digest), \(digest)]",
            payloads: "ARRAY['{}', '{}']::bytea[]",
            as: head,
            over: connection
        )
        #expect(twice == 1)
        #expect(try await database.value("SELECT count(*) FROM audit_fleet.event WHERE seq = \(next)") == "1")
        #expect(try await database.fleet().verify(heads: [head]).chains.map(\.verification.isIntact) == [true])
    }

    @Test("A reader reads and changes nothing; a retention user retires months and deletes nothing")
    func others() async throws {
        let database = try await FleetDatabase.make()
        let reader = try await database.connection(as: try await database.user(with: "reader"))
        for table in ["event", "chain", "finding", "entry", "login", "host", "silent_host"] {
            #expect(try await attempt("SELECT * FROM audit_fleet.\(table)", over: reader) == nil)
        }
        let retention = try await database.connection(as: try await database.user(with: "retention"))
        for connection in [reader, retention] {
            for sql in [
                "DELETE FROM audit_fleet.event", "TRUNCATE audit_fleet.event",
                "UPDATE audit_fleet.chain SET host = 'x'",
                "DROP TABLE audit_fleet.event_other",
                "SELECT audit_fleet.ship('x', NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
            ] {
                #expect(try await attempt(sql, over: connection) == "42501", "\(sql)")
            }
        }
        #expect(try await attempt("SELECT audit_fleet.retire(current_date)", over: retention) == "22023")
    }

    @Test("Who may not is told which role it takes, and who has logged in")
    func advice() async throws {
        let database = try await FleetDatabase.make()
        try await Logs.write(5, to: log)
        let users = [
            "shipper": try await database.user(with: "shipper"), "reader": try await database.user(with: "reader"),
            "retention": try await database.user(with: "retention"),
        ]
        func expect(
            _ needed: String,
            as role: String,
            _ body: (PGConnection) async throws -> Void
        ) async throws {
            let user = try #require(users[role])
            let connection = try await database.connection(as: user)
            await #expect {
                try await body(connection)
            } throws: { error in
                let text = "\(error)"
                return (error as? FleetError)?.code == .notPermitted && text.contains(needed) && text.contains(user)
            }
        }
        for role in ["shipper", "retention"] {
            try await expect("audit_fleet_reader", as: role) { _ = try await Fleet($0).verify() }
            try await expect("audit_fleet_reader", as: role) { _ = try await Fleet($0).hosts() }
            try await expect("audit_fleet_reader", as: role) { _ = try await Fleet($0).findings() }
            try await expect("audit_fleet_reader", as: role) { _ = try await Fleet($0).entries(limit: 1) }
            try await expect("audit_fleet_reader", as: role) { _ = try await Fleet($0).statistics() }
            try await expect("audit_fleet_reader", as: role) { _ = try await Fleet($0).retirements(host: "app-1") }
            try await expect("audit_fleet_reader", as: role) { _ = try await Fleet($0).trace(fingerprint: "00") }
        }
        for role in ["reader", "retention"] {
            try await expect("audit_fleet_shipper", as: role) { _ = try await LogShipper(log).ship(over: $0) }
        }
        for role in ["reader", "shipper"] {
            try await expect("audit_fleet_retention", as: role) { _ = try await Fleet($0).retire(month: "2026-01-01") }
        }
        for role in users.keys {
            try await expect("the owner of the schema", as: role) {
                try await Fleet($0).resume(finding: 1, reason: "x")
            }
            try await expect("the owner of the schema", as: role) { try await Fleet($0).install() }
        }
    }

    @Test("A shipper is told of open findings about its own logs alone")
    func ownFindings() async throws {
        let database = try await FleetDatabase.make()
        let users = [try await database.user(with: "shipper"), try await database.user(with: "shipper")]
        try await Logs.write(20, to: log)
        let head = try await Logs.head(of: log)
        try Logs.copy(log, to: folder.path("copy"))
        try await database.ship(log, as: users[0])
        let shipment = try await database.ship(folder.path("copy"), as: users[0])
        #expect(shipment.heldBy == nil && shipment.findings.map(\.kind) == ["second-place"])
        #expect(shipment.findings.map(\.row) == [head.sequence])
        let stranger = try await database.connection(as: users[1])
        let query = "SELECT count(*)::int FROM audit_fleet.open_findings($1)"
        #expect(try await stranger.query(query, head.logID).rows[0].decode(Int32.self, at: 0) == 0)
    }

    @Test("A database that is no fleet's says what to do")
    func notInstalled() async throws {
        let database = try await FleetDatabase.make(isInstalled: false)
        try await database.forge("CREATE ROLE lone_\(database.name)")
        let connection = try await database.connection(as: "lone_\(database.name)")
        await #expect {
            try await Fleet(connection).hosts()
        } throws: { ($0 as? FleetError)?.code == .notInstalled && "\($0)".contains("fleet init") }
        let owner = Fleet(try await database.connection(as: database.owner))
        #expect(try await owner.install())
        #expect(try await owner.install() == false)
        for (version, code) in [("99", FleetError.Code.newerSchema), ("1", .unsuitableDatabase)] {
            try await database.forge("UPDATE audit_fleet.meta SET value = '\(version)' WHERE key = 'schema_version'")
            await #expect {
                try await owner.install()
            } throws: { ($0 as? FleetError)?.code == code }
        }
    }
}
