import AuditFleet
import Foundation
import LibpqClient
import Synchronization
import TestSupport
import Testing
import TokenAuditLog

@Suite("Shipping", .timeLimit(.minutes(2)))
struct ShippingTests {
    private let folder: TemporaryFolder
    private var log: String { folder.path("log") }

    init() throws { folder = try TemporaryFolder() }

    @Test("Each row is stored once, however often it is shipped, and new rows follow")
    func once() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(300, to: log)
        let head = try await Logs.head(of: log)
        let first = try await database.ship(log, as: user)
        #expect(first.stored == head.sequence && first.through == head.sequence && first.isSound)
        let again = try await database.ship(log, as: user)
        #expect(again.stored == 0 && again.through == head.sequence)
        try await Logs.write(50, to: log)
        let more = try await database.ship(log, as: user)
        let newHead = try await Logs.head(of: log)
        #expect(more.stored == newHead.sequence - head.sequence)
        let fleet = try await database.fleet()
        let verification = try await fleet.verify(heads: [head, newHead])
        #expect(verification.isIntact && verification.rows == newHead.sequence)
        #expect(verification.chains.map(\.verification.head) == [newHead])
        #expect(try await database.value("SELECT count(*) FROM audit_fleet.event") == "\(newHead.sequence)")
        #expect(try await fleet.hosts().map(\.host) == ["app-1"])
    }

    @Test("Rows that are sent again are compared, and nothing is stored")
    func again() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(200, to: log)
        let head = try await Logs.head(of: log)
        try await database.ship(log, as: user)
        // The reply to COMMIT was lost: the shipper does not know what the fleet has.
        let connection = try await database.connection(as: user)
        let shipment = try await LogShipper(log, host: "app-1").shipAll(over: connection)
        #expect(shipment.known == head.sequence && shipment.stored == 0 && shipment.isSound)
        #expect(try await database.value("SELECT count(*) FROM audit_fleet.event") == "\(head.sequence)")
    }

    @Test("Two shippers of one log at the same time store each row once")
    func two() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(3000, to: log)
        let head = try await Logs.head(of: log)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    let connection = try await database.connection(as: user)
                    var shipper = LogShipper(log, host: "app-1")
                    shipper.limits.rows = 100
                    let shipment = try await shipper.ship(over: connection)
                    #expect(shipment.isSound)
                    await connection.close()
                }
            }
            try await group.waitForAll()
        }
        let verification = try await database.fleet().verify(heads: [head])
        #expect(verification.isIntact && verification.rows == head.sequence)
    }

    @Test("What a payload says is data: SQL, NUL, 64 KiB, no JSON, no UTF-8")
    func malicious() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(3, to: log, user: "'; DROP TABLE audit_fleet.event; --")
        try await Logs.write(1, to: log, user: "nul\0user")
        let payloads: [[UInt8]] = [
            Array("'); DROP TABLE audit_fleet.event; --".utf8), [0x61, 0, 0x62], [0xFF, 0xFE, 0x80], [],
            [UInt8](repeating: UInt8(ascii: "x"), count: 65_536), Array(#"{"time_us":1e999,"target":{"user":1}}"#.utf8),
            Array(#"{"target":{"user":"\ud800"},"time_us":5,"v":1}"#.utf8), Array("\\.\n\\N\t".utf8),
            Array(#"{"a":"$$; SELECT pg_sleep(100); $$","time_us":99999999999999999999}"#.utf8),
        ]
        for payload in payloads { try await Logs.append(payload, to: log) }
        let head = try await Logs.head(of: log)
        let shipment = try await database.ship(log, as: user)
        #expect(shipment.through == head.sequence && shipment.isSound)
        let fleet = try await database.fleet()
        #expect(try await fleet.verify(heads: [head]).isIntact)
        let entries = try await fleet.entries(limit: 100)
        #expect(entries.count == Int(head.sequence))
        let stored = try await database.forge(
            "SELECT coalesce(raw, convert_to(payload, 'UTF8')) FROM audit_fleet.event ORDER BY seq DESC LIMIT 9"
        ).last?.rows.map { Array(try $0.decode(Data.self, at: 0)) }
        #expect(stored == payloads.reversed())
        // All views can be read, whatever the payloads say.
        for view in ["entry", "login", "login_by_role", "login_by_server", "host", "silent_host"] {
            _ = try await fleet.connection.query("SELECT * FROM audit_fleet.\(view)")
        }
        var filter = AuditFilter()
        filter.user = "'; DROP TABLE audit_fleet.event; --"
        #expect(try await fleet.entries(matching: filter, limit: 10).count == 3)
    }

    @Test("A log that was pruned before it was shipped begins after its prune point")
    func pruned() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        let now = Date()
        try await Logs.write(100, to: log) { _ in now - 86_400 * 100 }
        let writer = try await AuditLog.open(log, configuration: Logs.quiet)
        _ = try await writer.prune(before: now - 86_400)
        await writer.close()
        try await Logs.write(10, to: log)
        let head = try await Logs.head(of: log)
        let shipment = try await database.ship(log, as: user)
        #expect(shipment.through == head.sequence && shipment.isSound)
        let fleet = try await database.fleet()
        #expect(try await fleet.verify(heads: [head]).isIntact)
        #expect(try await (fleet.hosts().first?.beginsAfter ?? 0) > 0)
    }

    @Test("A log that is pruned after it was shipped is whole in the fleet, and goes on")
    func prunedLater() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        let now = Date()
        try await Logs.write(100, to: log) { _ in now - 86_400 * 100 }
        try await database.ship(log, as: user)
        let writer = try await AuditLog.open(log, configuration: Logs.quiet)
        _ = try await writer.prune(before: now - 86_400)
        await writer.close()
        try await Logs.write(10, to: log)
        let head = try await Logs.head(of: log)
        let shipment = try await database.ship(log, as: user)
        #expect(shipment.through == head.sequence && shipment.isSound)
        let verification = try await database.fleet().verify(heads: [head])
        #expect(verification.isIntact && verification.rows == head.sequence)
    }

    @Test("A chain that was shipped by one user is not another's to ship")
    func otherUser() async throws {
        let database = try await FleetDatabase.make()
        let (one, two) = (try await database.user(with: "shipper"), try await database.user(with: "shipper"))
        try await Logs.write(5, to: log)
        try await database.ship(log, as: one)
        await #expect {
            try await database.ship(log, as: two)
        } throws: { ($0 as? FleetError)?.code == .notPermitted }
    }

    @Test("While the fleet cannot be reached, a shipper waits, and nothing is stored beside the log")
    func unreachable() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        let before = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
        let failures = Failures(4)
        let shipment = try await LogShipper(log, host: "app-1").run(isFollowing: false) {
            try failures.next()
            return try await database.connection(as: user)
        }
        #expect(shipment.through == (try await Logs.head(of: log).sequence))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() == before)
    }

    @Test("A shipper that follows brings new rows, goes on after its connection was cut, and ends when it is canceled")
    func follow() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        let interruptions = Mutex(0)
        let following = Task {
            try await LogShipper(log, host: "app-1").run(every: .milliseconds(20)) {
                try await database.connection(as: user)
            } notify: { notice in
                if case .interrupted = notice { interruptions.withLock { $0 += 1 } }
            }
        }
        func arrives() async throws -> Bool {
            let head = "\(try await Logs.head(of: log).sequence)"
            return try await comesTrue { try await database.value("SELECT count(*) FROM audit_fleet.event") == head }
        }
        #expect(try await arrives())
        try await database.forge(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        try await Logs.write(20, to: log)
        #expect(try await arrives())
        #expect(interruptions.withLock { $0 } > 0)
        following.cancel()
        await #expect(throws: CancellationError.self) { try await following.finished() }
        #expect(try await database.fleet().verify(heads: [try await Logs.head(of: log)]).isIntact)
    }
}
