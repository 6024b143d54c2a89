import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

// Not at the same time: the second test counts descriptors, which the first opens.
@Suite("Many connections", .serialized, .timeLimit(.minutes(10)))
struct ManyConnectionsTests {
    @Test("are opened at once, with a handful of threads")
    func fiveHundred() async throws {
        // All log in at the same time, and the last waits for all others.
        let options = ["max_connections=600", "authentication_timeout=600"].flatMap { ["--postgres-option", $0] }
        let server = try await RDSLookalike.start(["--user", "many"] + options)
        let issuer = try server.issuer()
        let conninfo = server.tokenConninfo(user: "many")
        let threads = try Self.count("/proc/self/task")
        let connections = try await withThrowingTaskGroup(of: PGConnection.self) { group in
            for _ in 0..<500 {
                group.addTask { try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(connections.count == 500)
        #expect(try Self.count("/proc/self/task") < threads + 100)
        let answers = try await withThrowingTaskGroup(of: String?.self) { group in
            for connection in connections { group.addTask { try await connection.value("select 1") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count == 500 && Set(answers) == ["1"])
    }

    @Test("opened and closed again and again leave no descriptor and no memory behind")
    func cycles() async throws {
        let server = try await RDSLookalike.start(["--user", "cycled", "--postgres-option", "fsync=off"])
        let issuer = try server.issuer()
        let conninfo = server.tokenConninfo(user: "cycled")
        try await Self.cycle(500, conninfo, issuer)
        let (descriptors, memory) = (try Self.count("/proc/self/fd"), try Self.residentKilobytes())
        try await Self.cycle(9500, conninfo, issuer)
        // Other tests run in this process at the same time. A leak would be a descriptor and about 100 kB for each of
        // the connections.
        #expect(try Self.count("/proc/self/fd") < descriptors + 500)
        #expect(try Self.residentKilobytes() < memory + 100_000)
    }

    private static func cycle(_ count: Int, _ conninfo: String, _ issuer: TokenIssuer) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<count {
                if index >= 8 { try await group.next() }
                group.addTask {
                    let connection = try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
                    await connection.close()
                }
            }
            try await group.waitForAll()
        }
    }

    private static func count(_ folder: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: folder).count
    }

    private static func residentKilobytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return try #require(line.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") })
    }
}
