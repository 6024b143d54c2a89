import Foundation
import RDSIAMSystem
import Synchronization
import TestSupport
import Testing

@testable import LibpqClient

@Suite("A login", .timeLimit(.minutes(3)))
struct LoginTests {
    @Test("tells who is connected where, how, and to what")
    func facts() async throws {
        let server = try await Server.shared
        let facts = try await PGConnection.connect(server.passwordLogin()).facts
        #expect(facts.host == server.facts.host && facts.address == "127.0.0.1" && facts.port == "\(server.facts.port)")
        #expect(facts.user == "anna" && facts.database == "postgres" && facts.tlsVersion == "TLSv1.3")
        #expect(facts.serverVersion / 10_000 >= 15 && facts.processID > 0)
        #expect(facts.passwordWasUsed && facts.earlierFailures.isEmpty)
        let superuser = try await server.connect()
        #expect(!superuser.facts.passwordWasUsed && superuser.facts.tlsVersion == nil)
        #expect(try await superuser.processID == superuser.facts.processID)
        #expect(try await superuser.parameterStatus("server_encoding") == "UTF8")
        #expect(try await superuser.parameterStatus("none such") == nil)
    }

    @Test("that is refused names the server, and tells whether the password was asked for")
    func refused() async throws {
        let server = try await Server.shared
        let wrong = await #expect(throws: PGError.self) {
            try await PGConnection.connect(server.passwordLogin(["password": "secret-1"]))
        }
        #expect(wrong?.code == .loginRefused && wrong?.sqlState == "28P01" && wrong?.passwordWasUsed == true)
        #expect(wrong?.message.contains("\(server.facts.host):\(server.facts.port) (127.0.0.1)") == true)
        #expect(wrong?.message.contains("secret-1") == false && wrong?.isRetryable == false)
        #expect(wrong?.endpoint?.address == "127.0.0.1")
        let unencrypted = await #expect(throws: PGError.self) {
            try await PGConnection.connect(server.passwordLogin(["sslmode": "disable"]))
        }
        #expect(unencrypted?.sqlState == "28000" && unencrypted?.passwordWasUsed == false)
        let database = await #expect(throws: PGError.self) {
            try await PGConnection.connect(server.passwordLogin(["dbname": "none"]))
        }
        #expect(
            database?.code == .connectionFailed && database?.sqlState == "3D000" && database?.passwordWasUsed == true
        )
        #expect(database?.isRetryable == false)
    }

    @Test("with TLS and without reports the refusal that came first")
    func pair() async throws {
        let server = try await Server.shared
        let error = await #expect(throws: PGError.self) {
            try await PGConnection.connect(
                server.passwordLogin(["password": "wrong", "sslmode": "prefer", "sslrootcert": ""])
            )
        }
        #expect(error?.sqlState == "28P01")
        #expect(error?.message.contains("no encryption") == true)
    }

    @Test("takes values with quotes, backslashes and spaces as they are, and refuses a NUL")
    func values() async throws {
        let connection = try await Server.connect(["application_name": #"it's a \ "name" "#])
        #expect(try await connection.value("show application_name") == #"it's a \ "name" "#)
        #expect(try await code { _ = try await Server.connect(["application_name": "a\0b"]) } == .invalidParameter)
        #expect(try await code { _ = try await Server.connect(["user=x host": "a"]) } == .invalidParameter)
        #expect(try await code { _ = try await Server.connect(["connect_timeout": "10s"]) } == .invalidParameter)
    }

    @Test("goes on with the next server if one cannot be reached or found, and says so")
    func nextServer() async throws {
        let server = try await Server.shared
        let login = server.passwordLogin([
            "host": "localhost,no-such-host.invalid,\(server.facts.host)", "hostaddr": "",
            "port": "1,5432,\(server.facts.port)",
            "sslmode": "require",
        ])
        let walk = ServerWalk(
            login: login,
            names: HostLookup { name in
                if name.hasSuffix(".invalid") { return try HostLookup.askSystem("\0") }
                return ["127.0.0.1"]
            }
        ) { terms in
            try await Session(on: EventLoop.next()).attempt(terms)
        }
        let facts = try await walk.run()
        #expect(facts.host == server.facts.host)
        let failures: [PGError] = facts.earlierFailures.compactMap { $0 as? PGError }
        #expect(failures.map(\.endpoint?.name) == ["localhost:1", "no-such-host.invalid:5432"])
        #expect(failures.allSatisfy { $0.code == .connectionFailed && $0.isRetryable && !$0.passwordWasUsed })
    }

    @Test("goes on with the next address of a server, with the same password")
    func nextAddress() async throws {
        let server = try await Server.shared
        let asked = Mutex<[PGEndpoint]>([])
        var login = server.passwordLogin(["hostaddr": "", "password": "wrong"])
        login.authenticator = { server, logIn in
            asked.withLock { $0.append(server) }
            return try await logIn(PGLogin.Credential(password: "geheim"))
        }
        let walk = ServerWalk(login: login, names: HostLookup { _ in ["127.0.0.2", "127.0.0.1"] }) { terms in
            try await Session(on: EventLoop.next()).attempt(terms)
        }
        let facts = try await walk.run()
        #expect(facts.address == "127.0.0.1" && facts.earlierFailures.count == 1)
        #expect(asked.withLock { $0.map(\.name) } == ["\(server.facts.host):\(server.facts.port)"])
    }

    @Test("in random order counts the addresses of one name as one server, with one password")
    func shuffledAddresses() async throws {
        let addresses = (1...8).map { "127.0.0.\($0)" }
        let login = PGLogin(["host": "a,b", "port": "1", "user": "u", "load_balance_hosts": "random"])
        var orders = Set<[String]>()
        for _ in 0..<10 {
            let asked = Mutex<[String]>([])
            let dialed = Mutex<[String]>([])
            var login = login
            login.authenticator = { server, logIn in
                asked.withLock { $0.append(server.host) }
                return try await logIn(PGLogin.Credential(password: "p"))
            }
            let walk = ServerWalk(login: login, names: HostLookup { _ in addresses }) { terms in
                dialed.withLock { $0.append(terms.endpoint.map { "\($0.host) \($0.address)" } ?? "") }
                var error = PGError(.connectionFailed, "Not here.", endpoint: terms.endpoint)
                error.allowsNextServer = true
                throw error
            }
            await #expect(throws: PGError.self) { try await walk.run() }
            let order = dialed.withLock { $0 }
            #expect(asked.withLock { $0.sorted() } == ["a", "b"])
            #expect(order.sorted() == ["a", "b"].flatMap { host in addresses.map { "\(host) \($0)" } })
            // All addresses of one server come before those of the other.
            #expect(Set(order.prefix(8).map { $0.prefix(1) }).count == 1)
            orders.insert(order)
        }
        #expect(orders.count > 1)
    }

    @Test("that fails after the password was right says so, and one that fails on the password does not")
    func acceptedPassword() async throws {
        let server = try await Server.shared
        func error(_ others: [String: String]) async -> PGError? {
            await #expect(throws: PGError.self) { try await PGConnection.connect(server.passwordLogin(others)) }
        }
        let wrong = await error(["password": "wrong"])
        #expect(wrong?.passwordWasAccepted == false && wrong?.server?.routine == "auth_failed")
        let database = await error(["dbname": "none"])
        #expect(database?.passwordWasAccepted == true && database?.server?.routine == "InitPostgres")
        let standby = await error(["target_session_attrs": "standby"])
        #expect(standby?.passwordWasAccepted == true && standby?.code == .unsuitableServer)
        let unasked = await error(["sslmode": "disable"])
        #expect(unasked?.passwordWasAccepted == false && unasked?.passwordWasUsed == false)
        #expect(database?.message.contains("LOCATION") == false && database?.message.contains("postinit") == false)
    }

    @Test("that fails everywhere names every server in its description")
    func everyServer() async throws {
        let login = PGLogin(["hostaddr": "127.0.0.1,127.0.0.2", "port": "1", "user": "u"])
        let error = await #expect(throws: PGError.self) { try await PGConnection.connect(login) }
        #expect(error?.code == .connectionFailed && error?.endpoint?.address == "127.0.0.2")
        #expect(error?.earlierFailures.count == 1)
        for name in ["127.0.0.1:1", "127.0.0.2:1"] { #expect(error?.description.contains(name) == true) }
    }

    @Test("does not go on after a refusal, as libpq does not")
    func refusalIsFinal() async throws {
        let server = try await Server.shared
        let login = server.passwordLogin([
            "host": "\(server.facts.host),\(server.facts.host)", "hostaddr": "127.0.0.1,127.0.0.1", "password": "wrong",
        ])
        let attempts = Mutex(0)
        let walk = ServerWalk(login: login) { terms in
            attempts.withLock { $0 += 1 }
            return try await Session(on: EventLoop.next()).attempt(terms)
        }
        #expect(try await code { _ = try await walk.run() } == .loginRefused)
        #expect(attempts.withLock { $0 } == 1)
    }

    @Test("goes on if there is no password for a server, and throws that error if there is none for any")
    func noPassword() async throws {
        struct NoPassword: Error {}
        let server = try await Server.shared
        var login = server.passwordLogin([
            "host": "other.example.com,\(server.facts.host)", "hostaddr": "127.0.0.1,127.0.0.1",
        ])
        login.authenticator = { server, logIn in
            guard server.host != "other.example.com" else { throw NoPassword() }
            return try await logIn(PGLogin.Credential(password: "geheim", user: "anna"))
        }
        let connection = try await PGConnection.connect(login)
        #expect(connection.facts.earlierFailures.count == 1 && connection.facts.earlierFailures[0] is NoPassword)
        login.authenticator = { _, _ in throw NoPassword() }
        let none = login
        await #expect(throws: NoPassword.self) { try await PGConnection.connect(none) }
    }

    @Test("may try again with another password, and closes the connection if the authenticator fails afterwards")
    func authenticator() async throws {
        struct Unrecorded: Error {}
        let server = try await Server.shared
        var login = server.passwordLogin(["application_name": "unrecorded"])
        login.authenticator = { _, logIn in
            await #expect(throws: PGError.self) { try await logIn(PGLogin.Credential(password: "stale")) }
            return try await logIn(PGLogin.Credential(password: "geheim"))
        }
        #expect(try await PGConnection.connect(login).value("select 1") == 1)
        login.authenticator = { _, logIn in
            _ = try await logIn(PGLogin.Credential(password: "geheim"))
            throw Unrecorded()
        }
        let failing = login
        await #expect(throws: Unrecorded.self) { try await PGConnection.connect(failing) }
        let watcher = try await server.connect()
        let gone = "select not exists (select from pg_stat_activity where application_name = 'unrecorded')"
        #expect(try await comesTrue { try await watcher.value(gone) == true })
    }

    @Test("obeys target_session_attrs, with prefer-standby in two rounds")
    func sessionAttributes() async throws {
        let server = try await Server.shared
        let error = await #expect(throws: PGError.self) {
            try await PGConnection.connect(server.passwordLogin(["target_session_attrs": "standby"]))
        }
        #expect(error?.code == .unsuitableServer && error?.passwordWasUsed == true && error?.isRetryable == true)
        let connection = try await PGConnection.connect(
            server.passwordLogin(["target_session_attrs": "prefer-standby"])
        )
        #expect(connection.facts.earlierFailures.compactMap { ($0 as? PGError)?.code } == [.unsuitableServer])
        #expect(try await connection.value("select 1") == 1)
    }

    @Test("ends when a server does not answer in time, or its task is canceled, or its server dies")
    func silent() async throws {
        let silent = try ListeningSocket()
        let login = PGLogin(["hostaddr": "127.0.0.1", "port": "\(silent.port)", "user": "u", "connect_timeout": "2"])
        let error = await #expect(throws: PGError.self) { try await PGConnection.connect(login) }
        #expect(error?.code == .timedOut && error?.isRetryable == true)
        close(try await silent.accept())
        #expect(error?.message.contains("127.0.0.1:\(silent.port) did not answer within 2 seconds") == true)
        let unlimited = PGLogin(["hostaddr": "127.0.0.1", "port": "\(silent.port)", "user": "u"])
        let task = Task { try await PGConnection.connect(unlimited) }
        let client = try await silent.accept()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.finished() }
        close(client)
        let dying = Task { try await PGConnection.connect(unlimited) }
        close(try await silent.accept())
        let death = await #expect(throws: PGError.self) { try await dying.finished() }
        #expect(death?.code == .connectionFailed && death?.isRetryable == true)
        withExtendedLifetime(silent) {}
    }

    @Test("is closed before the password leaves if libpq dials another endpoint than the planned one")
    func mismatch() async throws {
        let server = try await Server.shared
        let port = "\(server.facts.port)"
        let others = [
            PGEndpoint(host: "other.example.com", address: "127.0.0.1", port: port),
            PGEndpoint(host: server.facts.host, address: "127.0.0.2", port: port),
            PGEndpoint(host: server.facts.host, address: "127.0.0.1", port: "1"),
            PGEndpoint(host: "", address: "127.0.0.2", port: port),
        ]
        let right = PGEndpoint(host: server.facts.host, address: "127.0.0.1", port: port)
        // A wrong password: an answer of the server would be another error.
        let conninfo = try server.passwordLogin(["password": "wrong"]).conninfo(dialing: right, replacing: [])
        for other in others {
            let session = try Session(on: EventLoop.next())
            let requirements = LoginAttempt.Requirements(
                conninfo: conninfo,
                endpoint: other,
                timeout: nil,
                requiresTLS: true,
                requiresPassword: false,
                isSelective: false,
                secrets: ["wrong"]
            )
            #expect(try await code { _ = try await session.attempt(requirements) } == .endpointMismatch)
            #expect(session.state.withLock { $0.handle == nil })
        }
    }

    @Test("is closed if it requires TLS and has none, although the server lets the user in")
    func withoutTLS() async throws {
        let server = try await RDSLookalike.start(["--password-user", "open:geheim"])
        let superuser = try await server.connect()
        let rules = try #require(try await superuser.value("show hba_file", as: String.self))
        // The first rule that matches decides.
        let text = "hostnossl all open 127.0.0.1/32 trust\n" + (try String(contentsOfFile: rules, encoding: .utf8))
        try text.write(toFile: rules, atomically: false, encoding: .utf8)
        _ = try await superuser.query("select pg_reload_conf()")
        var login = server.passwordLogin(["user": "open", "sslmode": "disable", "application_name": "clear"])
        let unlimited = login
        // The server has read its rules when it accepts such a login.
        #expect(try await comesTrue { (try? await PGConnection.connect(unlimited)) != nil })
        login.requiresTLS = true
        let limited = login
        let error = await #expect(throws: PGError.self) { try await PGConnection.connect(limited) }
        #expect(error?.code == .endpointMismatch && error?.message.contains("without TLS") == true)
        let gone = "select not exists (select from pg_stat_activity where application_name = 'clear')"
        #expect(try await comesTrue { try await superuser.value(gone) == true })
    }

    /// A planned endpoint, one that libpq reports, and whether they are the same.
    struct Report: Sendable {
        let planned: PGEndpoint
        let reported: PGEndpoint
        let isSame: Bool

        init(_ planned: (String, String), _ reported: (String, String, String), _ isSame: Bool) {
            self.planned = PGEndpoint(host: planned.0, address: planned.1, port: "5432")
            self.reported = PGEndpoint(host: reported.0, address: reported.1, port: reported.2)
            self.isSame = isSame
        }
    }

    static let reports = [
        Report(("a", "10.0.0.1"), ("a", "10.0.0.1", "5432"), true),
        Report(("a", "10.0.0.1"), ("a", "10.0.0.1", "5433"), false),
        Report(("a", "10.0.0.1"), ("b", "10.0.0.1", "5432"), false),
        Report(("a", "10.0.0.1"), ("a", "10.0.0.2", "5432"), false),
        Report(("", "10.0.0.1"), ("10.0.0.1", "10.0.0.1", "5432"), true),
        Report(("", "10.0.0.1"), ("10.0.0.1", "10.0.0.2", "5432"), false),
        Report(("", ""), ("/var/run/postgresql", "", "5432"), true),
        Report(("", ""), ("localhost", "127.0.0.1", "5432"), false),
        Report(("a", "FE80:0::1"), ("a", "fe80::1", "5432"), true),
        Report(("a", "fe80::1"), ("a", "fe80::2", "5432"), false),
        // The same text in Unicode, but other bytes.
        Report(("e\u{301}", "10.0.0.1"), ("\u{E9}", "10.0.0.1", "5432"), false),
        Report(("k", "10.0.0.1"), ("\u{212A}", "10.0.0.1", "5432"), false),
    ]

    @Test("compares endpoints by their bytes with those that libpq reports", arguments: reports)
    func comparison(_ report: Report) {
        #expect(report.planned.matches(report.reported) == report.isSame)
    }

    @Test("leaves servers whose names are not text to libpq, and its default socket too")
    func unnamed() throws {
        let strange = PGLogin([PGLogin.Parameter("host", "/tmp/".utf8 + [0xE9])])
        #expect(try ServerList(strange).servers.isEmpty)
        #expect(try ServerList(PGLogin(["host": "", "hostaddr": ""])).servers.isEmpty)
        #expect(try strange.conninfo(dialing: nil, replacing: []).contains(0xE9))
        let several = PGLogin(["host": "a,b", "port": "1,2,3"])
        #expect(throws: PGError.self) { try ServerList(several) }
    }

    @Test("is refused without TLS if it requires TLS, whatever sslmode says")
    func requiresTLS() async throws {
        var login = try await Server.shared.login()
        login.requiresTLS = true
        let socket = login
        #expect(try await code { _ = try await PGConnection.connect(socket) } == .endpointMismatch)
    }

    @Test("keeps its password out of descriptions")
    func redacted() {
        let credential = PGLogin.Credential(password: "secret-2", user: "anna")
        var dumped = ""
        dump(credential, to: &dumped)
        #expect(!"\(credential) \(String(reflecting: credential)) \(dumped)".contains("secret-2"))
    }

    @Test("works 500 times at once")
    func many() async throws {
        // Other tests cancel statements, and a cancel request would wait behind 500 logins.
        let settings = ["max_connections=600", "authentication_timeout=600"].flatMap { ["--postgres-option", $0] }
        let server = try await RDSLookalike.start(["--password-user", "anna:geheim"] + settings)
        let connections = try await withThrowingTaskGroup(of: PGConnection.self) { group in
            for _ in 0..<500 { group.addTask { try await PGConnection.connect(server.passwordLogin()) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let identifiers = try await withThrowingTaskGroup(of: Int32?.self) { group in
            for connection in connections { group.addTask { try await connection.processID } }
            return try await group.reduce(into: Set<Int32?>()) { $0.insert($1) }
        }
        #expect(identifiers.count == 500)
        for connection in connections { await connection.close() }
    }
}

/// A socket that accepts connections, and never answers them.
private final class ListeningSocket: Sendable {
    private let descriptor: Int32
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (descriptor, size) = (descriptor, length)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound)
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }

    /// Waits for the next client.
    func accept() async throws -> Int32 {
        let descriptor = descriptor
        #expect(
            try await comesTrue {
                var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                return poll(&entry, 1, 0) > 0
            }
        )
        return CloseOnExec.accept(descriptor)
    }
}
