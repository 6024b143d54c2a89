import RDSIAMSystem

/// What is piped into the command.
enum StandardInput {
    /// All of it, which may be a secret.
    static func text(atMost limit: Int) throws -> String {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while case let count = read(STDIN_FILENO, &block, block.count), count > 0 {
            bytes += block.prefix(count)
            guard bytes.count <= limit else { throw UnusableInput(reason: "is longer than any token") }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains(where: { !$0.isWhitespace }) else { throw UnusableInput(reason: "is empty") }
        return text
    }
}

struct UnusableInput: Error, CustomStringConvertible {
    let reason: String

    var description: String { "Standard input \(reason). Pipe the token into it, or give --fingerprint." }
}
