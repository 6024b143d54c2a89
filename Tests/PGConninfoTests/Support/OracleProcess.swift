import ConninfoDifferential
import Foundation
import RDSIAMBasics

/// The linked libpq in a process of its own, whose environment can be set without a race.
enum OracleProcess {
    struct Answer {
        var settings: [Oracle.Setting] = []
        var password: [UInt8] = []
        var error: [UInt8] = []

        func contains(_ name: String) -> Bool { settings.contains { $0.name == name } }
    }

    /// Connects with `PQconnectStart`, or with `PQconnectdb` if it may block.
    static func connect(_ conninfo: String, environment: [String: String], blocking: Bool = false) throws -> Answer {
        let process = Process()
        process.executableURL = URL(filePath: CommandLine.arguments[0])
            .deletingLastPathComponent()
            .appending(path: "conninfo-oracle")
        process.arguments = [conninfo] + (blocking ? ["--blocking"] : [])
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return answer(text)
    }

    private static func answer(_ text: String) -> Answer {
        var answer = Answer()
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard let value = words.last.map({ bytes(hex: $0) }) else { continue }
            switch words[0] {
            case "set": answer.settings.append(Oracle.Setting(String(words[1]), value))
            case "password": answer.password = value
            default: answer.error = value
            }
        }
        return answer
    }
}

/// The files in `Fixtures/conninfo/`.
enum Fixture {
    static func decode<Value: Decodable>(_ type: Value.Type, from name: String) throws -> Value {
        let url = URL(filePath: #filePath)
            .deletingLastPathComponent()
            .appending(path: "../../../Fixtures/conninfo/\(name)")
        return try JSONDecoder().decode(type, from: Data(contentsOf: url))
    }
}

/// The bytes of a text, for values and messages.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The bytes that pairs of hexadecimal digits stand for.
func bytes(hex digits: some StringProtocol) -> [UInt8] { Hexadecimal.decode(String(digits)) ?? [] }
