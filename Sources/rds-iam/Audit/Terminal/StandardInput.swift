import RDSIAMSystem

/// What is piped or typed into the command.
enum StandardInput {
    /// All of it, which may be a secret.
    static func text(atMost limit: Int) throws -> String {
        if isatty(STDIN_FILENO) == 1 { Main.printError("Paste the token or the text around it, then press Ctrl-D.") }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(STDIN_FILENO, &block, block.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw UnusableInput(reason: "cannot be read") }
            if count == 0 { break }
            bytes += block.prefix(count)
            guard bytes.count <= limit else { throw UnusableInput(reason: "is longer than \(limit) bytes") }
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
