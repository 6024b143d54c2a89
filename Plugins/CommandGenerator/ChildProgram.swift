import Foundation
import Synchronization

/// One run of a program, on a thread that may wait.
final class ChildProgram: Sendable {
    private let deadline: ContinuousClock.Instant
    private let limits: CommandLimits
    private let isCancelled = Atomic(false)

    private init(limits: CommandLimits) {
        deadline = .now + limits.time
        self.limits = limits
    }

    /// What a program prints before it ends with status 0.
    static func output(
        of program: String,
        _ arguments: [String],
        environment: [String: String],
        limits: CommandLimits
    ) async throws -> [UInt8] {
        guard let path = find(program, in: environment["PATH"]) else {
            throw CommandGeneratorError(.cannotStart, "there is no program \(String(reflecting: program))")
        }
        let child = ChildProgram(limits: limits)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // A queue of its own has a thread at once; the global queue's few threads would be waiting for other programs.
                DispatchQueue(label: "CommandGenerator").async {
                    continuation.resume(with: Result { try child.run(path, arguments, environment) })
                }
            }
        } onCancel: {
            child.isCancelled.store(true, ordering: .relaxed)
        }
    }

    private static func find(_ program: String, in path: String?) -> String? {
        let candidates =
            program.contains("/") ? [program] : (path ?? "").split(separator: ":").map { "\($0)/\(program)" }
        return candidates.first(where: FileManager.default.isExecutableFile(atPath:))
    }

    private func run(_ path: String, _ arguments: [String], _ environment: [String: String]) throws -> [UInt8] {
        let program = SpawnedProgram(
            path,
            arguments,
            environment: environment,
            showsStandardError: limits.showsStandardError
        )
        guard var program else {
            throw CommandGeneratorError(.cannotStart, "\(String(reflecting: path)) cannot be started")
        }
        return try drain(&program)
    }

    /// Reads until the program has ended, while it runs: it would wait for ever on a full pipe.
    ///
    /// A process it leaves behind may hold the pipe open, so the pipe's end is not waited for.
    private func drain(_ program: inout SpawnedProgram) throws -> [UInt8] {
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var (isOpen, status) = (true, Int32?.none)
        while true {
            try checkLimits()
            status = status ?? program.end()
            var ready = pollfd(fd: isOpen ? program.output : -1, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, status == nil ? Self.slice : 0) > 0 else {
                guard let status else { continue }
                try Self.check(status)
                return output
            }
            let count = read(program.output, &buffer, buffer.count)
            if count == 0 { isOpen = false }
            if count > 0 { output.append(contentsOf: buffer[..<count]) }
            guard output.count <= limits.output else {
                throw CommandGeneratorError(.tooMuchOutput, "the program printed more than \(limits.output) bytes")
            }
        }
    }

    private func checkLimits() throws {
        if isCancelled.load(ordering: .relaxed) { throw CancellationError() }
        guard ContinuousClock.now < deadline else {
            throw CommandGeneratorError(.timedOut, "the program did not end within \(limits.time)")
        }
    }

    /// How often, in milliseconds, limits and the program's end are looked at.
    private static let slice: Int32 = 20

    private static func check(_ status: Int32) throws(CommandGeneratorError) {
        guard status != 0 else { return }
        let signal = status & 0x7F
        let way = signal == 0 ? "status \((status >> 8) & 0xFF)" : "signal \(signal)"
        throw CommandGeneratorError(.failed, "the program ended with \(way)")
    }
}
