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
            "SELECT audit_fleet.store(NULL, 1)", "SELECT audit_fleet.insert_batch(NULL, 1, 1)",
            "CREATE OR REPLACE FUNCTION audit_fleet.ship(text) RETURNS void LANGUAGE sql AS ''",
            "ALTER TABLE audit_fleet.event DETACH PARTITION audit_fleet.event_other",
            "SELECT * FROM audit_fleet.entry",
        ] {
            #expect(try await attempt(sql, over: connection) == "42501", "\(sql)")
        }
        #expect(try await database.value("SELECT count(*) FROM audit_fleet.event") == before)
        #expect(try await database.fleet().verify().isIntact)
    }

    @Test("A table for batches that is not the fleet's own is refused")
    func ownBatch() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        try await database.ship(log, as: user)
        let id = try await Logs.head(of: log).logID
        // A view could call functions as the fleet's owner.
        for sql in [
            "CREATE TEMP VIEW audit_batch AS SELECT 1::bigint AS seq",
            "CREATE TEMP TABLE audit_batch (seq bigint, time_us bigint, db_user text, leaf bytea, chain_hash bytea, payload text, raw bytea)",
        ] {
            let connection = try await database.connection(as: user)
            _ = try await connection.execute(sql)
            #expect(try await attempt("SELECT audit_fleet.ship('\(id)')", over: connection) == "55000")
            await connection.close()
        }
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

    @Test("A batch that does not follow is not stored, by any sender")
    func forgedBatch() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        let head = try await Logs.head(of: log)
        try await database.ship(log, as: user)
        let connection = try await database.connection(as: user)
        let hash = String(repeating: "00", count: 32)
        _ = try await connection.execute(
            "SELECT audit_fleet.enroll('\(head.logID)', 'app-1', '\(log)', 0, '\\x\(hash)')"
        )
        for row in [head.sequence + 1, head.sequence + 5, 3, 0, -7] {
            let held = try await connection.execute(
                """
                BEGIN; INSERT INTO pg_temp.audit_batch (seq, time_us, chain_hash, payload)
                VALUES (\(row), 1, '\\x\(hash)', '{}'); SELECT stored FROM audit_fleet.ship('\(head.logID)'); COMMIT
                """
            )
            #expect(try held[2].rows[0].decode(Int64.self, at: 0) == 0)
            try await database.forge("UPDATE audit_fleet.chain SET held_by = NULL")
        }
        #expect(try await database.fleet().verify(heads: [head]).isIntact)
        #expect(try await database.fleet().findings().count == 3)
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
                "DROP TABLE audit_fleet.event_other", "SELECT audit_fleet.ship('x')",
            ] {
                #expect(try await attempt(sql, over: connection) == "42501", "\(sql)")
            }
        }
        #expect(try await attempt("SELECT audit_fleet.retire(current_date)", over: retention) == "22023")
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
        try await database.forge("UPDATE audit_fleet.meta SET value = '99' WHERE key = 'schema_version'")
        await #expect {
            try await owner.install()
        } throws: { ($0 as? FleetError)?.code == .newerSchema }
    }
}
