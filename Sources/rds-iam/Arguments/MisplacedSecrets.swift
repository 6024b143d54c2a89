#if Command
import RDSIAMBasics

/// Arguments that an error message must not repeat, as they may be secrets in the wrong place: a token instead of a
/// subcommand, a signing key's secret half instead of the public one.
struct MisplacedSecrets {
    private let secrets: [String]

    /// - Parameters:
    ///   - arguments: The program's name and the arguments.
    ///   - isUsage: Whether the message is about the arguments themselves. If so, all that is as long as an AWS secret
    ///     key is left out; in other messages the name of a file stays.
    init(arguments: [String], isUsage: Bool) {
        secrets = arguments.dropFirst().flatMap(Self.parts).filter { part in
            (isUsage && part.utf8.count >= 40) || part.asciiLowercased().containsBytes("x-amz-")
                || part.containsBytes("PRIVATE+KEY+")
        }
        .sorted { $0.utf8.count > $1.utf8.count }
    }

    /// The argument, and if it is of the form `--name=value`, the value.
    private static func parts(of argument: String) -> [String] {
        guard argument.hasBytePrefix("-"), let sign = argument.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            return [argument]
        }
        return [argument, String(decoding: argument.utf8[sign...].dropFirst(), as: UTF8.self)]
    }

    /// Returns the text without the secrets.
    ///
    /// They are found by their bytes: a secret's first character may be one with the text before it.
    func removed(from text: String) -> String {
        let note = Array("[not repeated]".utf8)
        let bytes = secrets.reduce(Array(text.utf8)) { bytes, secret in
            Array(bytes.split(separator: Array(secret.utf8), omittingEmptySubsequences: false).joined(separator: note))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
#endif
