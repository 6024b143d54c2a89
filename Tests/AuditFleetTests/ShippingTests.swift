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
        // Escaped in JSON, longer in UTF-8 than in characters, and twins by canonical equivalence.
        // Names too long for an index are told apart, too.
        let long = (0..<100).map { _ in UUID().uuidString }.joined()
        let crabs = String(repeating: "\u{1F980}", count: 201)
        let users = ["a\"b\\c\u{1}/", "e\u{301}", "\u{E9}", "\u{1F980}", long, long + "2", crabs]
        for user in users { try await Logs.write(2, to: log, user: user) }
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
        for user in users {
            filter.user = user
            #expect(try await fleet.entries(matching: filter, limit: 10).count == 2, "\(user)")
        }
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

    @Test("A log has one place, by whatever name its file is shipped")
    func names() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder.path("sub"), withIntermediateDirectories: false)
        try await Logs.write(5, to: log)
        try manager.createSymbolicLink(atPath: folder.path("sub/link"), withDestinationPath: "../log")
        try manager.createSymbolicLink(atPath: folder.path("directory"), withDestinationPath: ".")
        let up = manager.currentDirectoryPath.split(separator: "/").map { _ in ".." }.joined(separator: "/")
        for name in [
            log, folder.path("./log"), folder.path("sub/../log"), folder.path("sub/link"), folder.path("directory/log"),
            up + log, "./" + up + log,
        ] {
            #expect(try await database.ship(name, as: user).isSound, "\(name)")
        }
        // The same name in another directory is another log.
        try await Logs.write(5, to: folder.path("sub/log"))
        #expect(try await database.ship(up + folder.path("sub/log"), as: user).isSound)
        let paths = try await database.fleet().hosts().map(\.path)
        #expect(paths.count == 2 && paths.allSatisfy { $0.hasPrefix("/") && !$0.contains("..") })
    }

    @Test("A shipper that follows waits for its log's file", arguments: ["none", "empty", "other"])
    func missing(_ what: String) async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        if what != "none" { try folder.write(what == "empty" ? "" : "no log at all", to: "log") }
        await #expect(throws: AuditLogError.self) {
            try await LogShipper(log, host: "app-1").run(isFollowing: false) { try await database.connection(as: user) }
        }
        let following = FollowingShipper(log) { try await database.connection(as: user) }
        #expect(try await comesTrue { following.interruptions > 0 })
        if what == "other" { try FileManager.default.removeItem(atPath: log) }
        try await Logs.write(5, to: log)
        #expect(try await following.arrives(in: database))
        try await following.end()
    }

    @Test("A shipper of several logs goes on with one that a finding has stopped, once that is accepted")
    func heldWhileFollowing() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        try Logs.forge(log, "UPDATE event SET payload = replace(payload, 'success', 'failure') WHERE seq = 7")
        let following = FollowingShipper(log, waitsWhileHeld: true) { try await database.connection(as: user) }
        let fleet = try await database.fleet()
        #expect(try await comesTrue { try await !fleet.findings().isEmpty })
        let owner = Fleet(try await database.connection(as: database.owner))
        for finding in try await fleet.findings() { try await owner.resume(finding: finding.number, reason: "a disk") }
        // It looks when there are new rows, and once a minute.
        try await Logs.write(5, to: log)
        let head = try await Logs.head(of: log).sequence
        #expect(try await comesTrue { try await fleet.hosts().first?.newestRow == head })
        try await following.end()
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
        let following = FollowingShipper(log) { try await database.connection(as: user) }
        #expect(try await following.arrives(in: database))
        try await database.cutConnections()
        try await Logs.write(20, to: log)
        #expect(try await following.arrives(in: database))
        #expect(following.interruptions > 0)
        try await following.end()
        #expect(try await database.fleet().verify(heads: [try await Logs.head(of: log)]).isIntact)
    }

    @Test("A login that fails is tried again if one succeeded before, and ends the shipper if none did")
    func refusedLogin() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        let isRefused = Mutex(true)
        let connect: @Sendable () async throws -> PGConnection = {
            // The server refuses a database that is not there, and waiting makes none.
            if isRefused.withLock({ $0 }) { _ = try await database.connect(to: "none") }
            return try await database.connection(as: user)
        }
        await #expect {
            try await LogShipper(log, host: "app-1").run(connect: connect)
        } throws: { ($0 as? PGError)?.sqlState == "3D000" }
        isRefused.withLock { $0 = false }
        let following = FollowingShipper(log, connect)
        #expect(try await following.arrives(in: database))
        isRefused.withLock { $0 = true }
        try await database.cutConnections()
        try await Logs.write(20, to: log)
        // The first is the connection's end, the others are refusals.
        #expect(try await comesTrue { following.interruptions > 1 })
        isRefused.withLock { $0 = false }
        #expect(try await following.arrives(in: database))
        try await following.end()
    }

    @Test("A statement that took too long is tried again")
    func statementTimeout() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        let blocker = try await database.connect()
        _ = try await blocker.execute("BEGIN; LOCK TABLE audit_fleet.chain IN ACCESS EXCLUSIVE MODE")
        let isBlocked = Mutex(true)
        let following = FollowingShipper(log) {
            let connection = try await database.connection(as: user)
            if isBlocked.withLock({ $0 }) { _ = try await connection.execute("SET statement_timeout = '50ms'") }
            return connection
        }
        #expect(try await comesTrue { following.interruptions > 0 })
        isBlocked.withLock { $0 = false }
        _ = try await blocker.execute("ROLLBACK")
        #expect(try await following.arrives(in: database))
        try await following.end()
        await blocker.close()
    }
}
