#if Command
import RDSIAMBasics

extension String {
    /// Lines that are not wider than `width`, split at spaces; a longer word stays whole, so that it can be copied.
    func wrapped(to width: Int) -> [String] { Self.lines(of: splitBytes(separator: " "), width) }

    /// All of the text in lines that are not wider than `width`, split at spaces, and within words that are longer.
    func filled(to width: Int) -> [String] {
        guard columns > width else { return [self] }
        let words = splitBytes(separator: " ", omittingEmptySubsequences: false)
        return Self.lines(of: words, width).flatMap { line in
            line.unicodeScalars.reduce(into: [""]) { parts, scalar in
                if parts[parts.count - 1].columns + scalar.columns > width { parts.append("") }
                parts[parts.count - 1].unicodeScalars.append(scalar)
            }
        }
    }

    /// The text of the parser, with the usage of a command in lines that are not wider than `width`, and what an error
    /// quotes of the help.
    ///
    /// The parser itself breaks all else, and writes each option of a usage with its value in brackets.
    func withWrappedUsage(to width: Int) -> String {
        let lines = splitBytes(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { line in
            guard ["USAGE: ", "Usage: ", "Help: "].contains(where: line.hasBytePrefix), line.columns > width else {
                return line
            }
            let indent = 9
            let parts = Self.lines(of: Self.usageParts(line), width - indent)
            return parts.joined(separator: "\n" + String(repeating: " ", count: indent))
        }
        .joined(separator: "\n")
    }

    /// The words of a usage; what stands in brackets is one word, and so are an option and its value.
    private static func usageParts(_ usage: String) -> [String] {
        usage.splitBytes(separator: " ").reduce(into: []) { parts, word in
            if let last = parts.last, last.hasOpenBracket || (last.hasBytePrefix("--") && word.hasBytePrefix("<")) {
                parts[parts.count - 1] = last + " " + word
            } else {
                parts.append(word)
            }
        }
    }

    private var hasOpenBracket: Bool {
        utf8.count { $0 == UInt8(ascii: "[") } > utf8.count { $0 == UInt8(ascii: "]") }
    }

    private static func lines(of words: [String], _ width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in words {
            if !line.isEmpty, line.columns + 1 + word.columns > width {
                lines.append(line)
                line = word
            } else {
                line = line.isEmpty ? word : line + " " + word
            }
        }
        return lines + [line]
    }
}
#endif
