import AuditFleet
import Foundation
import LibpqClient

/// A database of the server that the environment names.
struct Database {
    let name: String

    static func make(_ name: String) async throws -> Database {
        let connection = try await Database(name: "postgres").connect()
        _ = try await connection.query("DROP DATABASE IF EXISTS \(name)")
        _ = try await connection.query("CREATE DATABASE \(name)")
        // Each round begins with nothing left to write.
        _ = try await connection.query("CHECKPOINT")
        await connection.close()
        return Database(name: name)
    }

    func connect() async throws -> PGConnection { try await PGConnection.connect(PGLogin(["dbname": name])) }

    /// Runs psql, as people do, and returns how many seconds it took.
    func psql(_ commands: String...) throws -> Double {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", name] + commands.flatMap { ["-c", $0] }
        let start = ContinuousClock.now
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(description: "psql failed.") }
        return (ContinuousClock.now - start).inSeconds
    }
}

/// Why a benchmark cannot go on.
struct Failure: Error, CustomStringConvertible {
    let description: String
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
func fixed(_ value: Double, _ decimals: Int = 1) -> String { String(format: "%.\(decimals)f", value) }
