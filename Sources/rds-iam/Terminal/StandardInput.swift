#if Command
import RDSIAMSystem

/// What is piped or typed into the command.
enum StandardInput {
    /// The next bytes, or `nil` at the end; a canceled task does not wait for them.
    static func chunk() async throws -> [UInt8]? {
        let chunk = try await BlockingWork.untilCanceled {
            guard let chunk = readChunk(of: STDIN_FILENO) else {
                throw UnusableInput(reason: "cannot be read: \(String(cString: strerror(errno)))")
            }
            return chunk
        }
        return chunk.isEmpty ? nil : chunk
    }

    /// Says what is waited for, if it is a terminal.
    static func invite(_ text: String) {
        if isatty(STDIN_FILENO) == 1 { Main.printError(text) }
    }

    /// All of it, which may be a secret.
    static func text(atMost limit: Int) throws -> String {
        invite("Paste the token or the text around it, then press Ctrl-D.")
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(STDIN_FILENO, &block, block.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure("cannot be read") }
            if count == 0 { break }
            bytes += block.prefix(count)
            guard bytes.count <= limit else { throw failure("is longer than \(limit) bytes") }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains(where: { !$0.isWhitespace }) else { throw failure("is empty") }
        return text
    }

    private static func failure(_ reason: String) -> UnusableInput {
        UnusableInput(reason: reason, advice: "Pipe the token into it, or give --fingerprint.")
    }
}

struct UnusableInput: Error, CustomStringConvertible {
    let reason: String
    /// What to do.
    var advice = "Redirect it from a file or a pipe."

    var description: String { "Standard input \(reason). \(advice)" }
}

extension BlockingWork {
    /// Runs work that may wait for a user for as long as it likes, and stops waiting for it when the task is canceled.
    static func untilCanceled<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await run(within: .seconds(1 << 30), otherwise: CancellationError(), work)
    }
}
#endif
