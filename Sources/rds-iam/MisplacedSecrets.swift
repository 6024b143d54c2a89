/// Arguments that an error message must not repeat, as they may be secrets in the wrong place: a token where a subcommand
/// was meant, a signing key's secret half where the public one was.
struct MisplacedSecrets {
    private let secrets: [String]

    /// - Parameter isUsage: Whether the message is about the arguments themselves. What is as long as an AWS secret key is
    ///   then left out whatever it is; in other messages the name of a file stays.
    init(arguments: [String], isUsage: Bool) {
        secrets = arguments.dropFirst().flatMap(Self.parts).filter { part in
            (isUsage && part.utf8.count >= 40) || ["X-Amz-", "PRIVATE+KEY+"].contains { part.contains($0) }
        }
        .sorted { $0.utf8.count > $1.utf8.count }
    }

    /// The argument, and where it is of the form `--name=value`, the value.
    private static func parts(of argument: String) -> [String] {
        guard argument.hasPrefix("-"), let sign = argument.firstIndex(of: "=") else { return [argument] }
        return [argument, String(argument[argument.index(after: sign)...])]
    }

    func removed(from text: String) -> String {
        secrets.reduce(text) { $0.replacing($1, with: "[not repeated]") }
    }
}
