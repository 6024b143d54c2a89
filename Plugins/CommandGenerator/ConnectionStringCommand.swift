public import AuthTokens
import RDSIAMBasics

extension CommandPasswordGenerator {
    /// The name that the generator for commands of connection strings goes by.
    public static let name = "command"
    /// The connection-string keyword whose value is the command line.
    public static let keyword = "aws_rds_iam_command"
}

extension AuthTokenGeneratorRegistry.Registration {
    /// The generator that runs the command a connection string names with `aws_rds_iam_command`.
    ///
    /// The command line is split at spaces, with quotation marks and backslashes as in a shell, but no shell reads it.
    /// Such a connection string runs a program, so it is refused until the program says that it trusts the strings it
    /// reads, with one call when it starts:
    ///
    /// ```swift
    /// try generators.add(.command(isAllowed: true), replacing: true)
    /// // postgresql://…?aws_rds_iam_auth_token_generator=command&aws_rds_iam_command=vault%20read%20…
    /// ```
    ///
    /// - Parameters:
    ///   - isAllowed: Whether connection strings may name a command.
    ///   - limits: How long a command may take and how much it may print.
    public static func command(isAllowed: Bool = false, limits: CommandLimits = CommandLimits()) -> Self {
        Self(CommandPasswordGenerator.name, secretKeywords: [CommandPasswordGenerator.keyword]) {
            ConnectionStringCommand(isAllowed: isAllowed, limits: limits)
        }
    }
}

/// Runs the commands that connection strings name, if they may.
struct ConnectionStringCommand: AuthTokenGenerator {
    let isAllowed: Bool
    let limits: CommandLimits

    func token(for request: AuthTokenRequest) async throws -> AuthToken {
        guard isAllowed else {
            throw CommandGeneratorError(
                .notAllowed,
                "A connection string may not run a command here. If you trust it, run rds-iam with --allow-command; "
                    + "another program registers .command(isAllowed: true) when it starts."
            )
        }
        let words = try Self.words(of: request.parameters[CommandPasswordGenerator.keyword] ?? "")
        guard let program = words.first else {
            throw CommandGeneratorError(
                .invalidCommand,
                "The connection string names no command. Set \(CommandPasswordGenerator.keyword) to a program and its arguments."
            )
        }
        return try await CommandPasswordGenerator(program, Array(words.dropFirst()), limits: limits).token(for: request)
    }

    /// The words of a command line, as POSIX's shell language splits them (2.2, "Quoting"), without any expansion.
    static func words(of line: String) throws(CommandGeneratorError) -> [String] {
        var words: [[UInt8]] = []
        var word: [UInt8]?
        var quote: UInt8?
        var bytes = Array(line.utf8)[...]
        while let byte = bytes.popFirst() {
            switch (byte, quote) {
            case (byte, byte):
                quote = nil
            case (UInt8(ascii: "\\"), UInt8(ascii: "\"")) where !Self.isEscapable(bytes.first):
                word = (word ?? []) + [byte]
            case (UInt8(ascii: "\\"), nil), (UInt8(ascii: "\\"), UInt8(ascii: "\"")):
                word = (word ?? []) + (bytes.popFirst().map { [$0] } ?? [])
            case (UInt8(ascii: "\""), nil), (UInt8(ascii: "'"), nil):
                (quote, word) = (byte, word ?? [])
            case (UInt8(ascii: " "), nil), (UInt8(ascii: "\t"), nil), (UInt8(ascii: "\n"), nil):
                if let word { words.append(word) }
                word = nil
            default:
                word = (word ?? []) + [byte]
            }
        }
        guard quote == nil else {
            throw CommandGeneratorError(
                .invalidCommand,
                "A quotation mark in \(CommandPasswordGenerator.keyword) is not closed. Close it."
            )
        }
        return (words + (word.map { [$0] } ?? [])).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether a backslash within double quotation marks escapes what follows it; otherwise it stands for itself.
    private static func isEscapable(_ byte: UInt8?) -> Bool { byte.map { Array("$`\"\\".utf8).contains($0) } ?? false }
}
