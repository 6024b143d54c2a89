import ConninfoDifferential
import Foundation

/// The linked libpq in a process of its own, where an environment can be given without a race.
enum OracleProcess {
    struct Answer {
        var settings: [Oracle.Setting] = []
        var password: [UInt8] = []
        var error: [UInt8] = []

        func contains(_ name: String) -> Bool { settings.contains { $0.name == name } }
    }

    static func connect(_ conninfo: String, environment: [String: String]) throws -> Answer {
        let process = Process()
        process.executableURL = URL(filePath: CommandLine.arguments[0])
            .deletingLastPathComponent()
            .appending(path: "conninfo-oracle")
        process.arguments = [conninfo]
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
