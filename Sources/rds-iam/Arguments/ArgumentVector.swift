#if Command
import RDSIAMBasics
import RDSIAMSystem

/// The words of a command line as the system has passed them, which need not be UTF-8.
struct ArgumentVector {
    /// The words after the program's name.
    let words: [[UInt8]]

    /// The command line of this process.
    static var process: ArgumentVector {
        let words = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc)).dropFirst()
        return ArgumentVector(words: words.compactMap { $0 }.map(Self.bytes))
    }

    private static func bytes(_ word: UnsafeMutablePointer<CChar>) -> [UInt8] {
        UnsafeBufferPointer(start: word, count: strlen(word)).map(UInt8.init(bitPattern:))
    }

    private var terminator: Int { words.firstIndex(of: Array("--".utf8)) ?? words.count }

    /// The words after the first `--`, which may belong to another program.
    var passedOn: [[UInt8]] { Array(words[terminator...].dropFirst()) }

    /// Refuses words that Swift would repair, and values that are given and empty, which would mean the default.
    ///
    /// - Parameter called: The command that is called.
    func check(for called: CalledCommand) throws {
        let passesOn = called.type is any PassingOnCommand.Type
        func wrong(_ text: String) -> WrongUsage { WrongUsage(text, of: called.path) }
        var option: String?
        for (index, bytes) in words[..<(passesOn ? terminator : words.count)].enumerated() {
            let word = Word(bytes)
            let name = word.option ?? option.map { "The value of \($0)" } ?? "Argument \(index + 1)"
            guard word.isUTF8 else { throw wrong("\(name) is not UTF-8. Write it in UTF-8.") }
            guard !word.isEmpty else { throw wrong("\(name) is empty. Give a value, or leave it out.") }
            option = word.isOption && word.option == nil ? word.text : nil
        }
    }
}

/// One word of a command line.
private struct Word {
    let text: String
    let isUTF8: Bool
    /// Whether it is an option, with its value or without.
    let isOption: Bool
    /// What is before the `=` of `--name=value`.
    let option: String?
    /// Whether the value after `=`, or the whole word if it is no option, is empty.
    let isEmpty: Bool

    init(_ bytes: [UInt8]) {
        text = String(decoding: bytes, as: UTF8.self)
        isUTF8 = String(validating: bytes, as: UTF8.self) != nil
        isOption = bytes.first == UInt8(ascii: "-") && bytes.count > 1 && bytes != Array("--".utf8)
        let sign = isOption ? bytes.firstIndex(of: UInt8(ascii: "=")) : nil
        option = sign.map { String(decoding: bytes[..<$0], as: UTF8.self) }
        isEmpty = bytes.isEmpty || sign == bytes.count - 1
    }
}
#endif
