#if Command
import ArgumentParser
import RDSIAMBasics

/// The command that a command line calls.
struct CalledCommand {
    let type: any ParsableCommand.Type
    /// The names that lead to it, such as `rds-iam audit list`.
    let path: String
    /// The words after the names, or `nil` if they do not begin with them.
    private let rest: [String]?

    /// Follows the words at the beginning as far as they are names of subcommands.
    ///
    /// - Throws: ``WrongUsage`` with the nearest name if one does not exist, also after `help`.
    init(_ words: [String], of root: any ParsableCommand.Type) throws {
        var type = root
        var path = "rds-iam"
        var rest = words.dropFirst(words.first == "help" ? 1 : 0)
        while let word = rest.first {
            let subcommands = type.configuration.subcommands
            guard !word.hasBytePrefix("-"), !subcommands.isEmpty, word != "help" else { break }
            guard let next = subcommands.first(where: { Self.name(of: $0).isBytewiseEqual(to: word) }) else {
                if let standard = type.configuration.defaultSubcommand {
                    type = standard
                    break
                }
                let others = path == "rds-iam" ? ["help", "--help", "--version"] : []
                throw Self.unknown(word, among: subcommands.map(Self.name) + others, of: path)
            }
            type = next
            path += " " + word
            rest.removeFirst()
        }
        self.type = type
        self.path = path
        self.rest = words.first == "help" ? nil : Array(rest)
    }

    private static func name(of type: any ParsableCommand.Type) -> String { type.configuration.commandName ?? "" }

    /// The command with its options and arguments.
    ///
    /// A command without subcommands parses them by itself. All commands are looked at only for help, and to say what
    /// is wrong: it takes memory and time, and a token is asked for at every login.
    func parsed() throws -> any ParsableCommand {
        guard let rest, type.configuration.subcommands.isEmpty, let command = try? type.parseAsRoot(rest),
            Swift.type(of: command) == type
        else { return try parsedByRoot() }
        return command
    }

    private func parsedByRoot() throws -> any ParsableCommand {
        do {
            return try RootCommand.parseAsRoot()
        } catch {
            let message = RootCommand.message(for: error)
            guard let type = type as? any PassingOnCommand.Type, message.hasBytePrefix("Unknown option") else {
                throw error
            }
            throw WrongUsage("\(message)\n  \(type.placeOfOptions)", of: path)
        }
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
