#if Command
import ArgumentParser
import RDSIAMBasics

/// The command that a command line calls.
struct CalledCommand {
    let type: any ParsableCommand.Type
    /// The names that lead to it, such as `rds-iam audit list`.
    let path: String

    /// Follows the words at the beginning as far as they are names of subcommands.
    ///
    /// - Throws: ``WrongUsage`` with the nearest name if one does not exist, also after `help`.
    init(_ words: [String], of root: any ParsableCommand.Type) throws {
        var type = root
        var path = "rds-iam"
        for word in words.dropFirst(words.first == "help" ? 1 : 0) {
            let subcommands = type.configuration.subcommands
            let names = subcommands.map { $0.configuration.commandName ?? "" }
            guard !word.hasBytePrefix("-"), !subcommands.isEmpty, word != "help" else { break }
            guard let index = names.firstIndex(where: { $0.isBytewiseEqual(to: word) }) else {
                if let standard = type.configuration.defaultSubcommand {
                    type = standard
                    break
                }
                throw Self.unknown(word, among: names, of: path)
            }
            type = subcommands[index]
            path += " " + word
        }
        self.type = type
        self.path = path
    }

    private static func unknown(_ word: String, among names: [String], of path: String) -> WrongUsage {
        let nearest = NearestName.find(word, among: names).map { " Did you mean \"\($0)\"?" } ?? ""
        return WrongUsage("There is no subcommand \(String(reflecting: word)).\(nearest)", of: path)
    }
}

/// A command line that is wrong, which ends the process with status 2.
struct WrongUsage: Error, CustomStringConvertible {
    /// Which word is wrong, and what to do.
    let description: String
    /// The command that was called.
    let command: String

    init(_ description: String, of command: String) {
        self.description = description
        self.command = command
    }
}
#endif
