/// Finds signed tokens in a text: in a line of a log, in a URL, percent-encoded once, escaped as in JSON, or broken
/// into several lines.
///
/// A signed token is a URL without its scheme: the endpoint, `/?`, and a query with the signature.
package enum TokenText {
    /// How many texts are looked at, as each is hashed and looked up.
    static let most = 1000

    /// What may be tokens, without repeats: the whole text without the white space around it, and what is found in it.
    package static func candidates(in text: String) -> [String] {
        var known: Set<[UInt8]> = []
        var candidates: [String] = []
        let whole = Array(text.trimmingASCIISpace().utf8)
        for candidate in [whole] + readings(of: Array(text.utf8)).flatMap(FoldedText.tokens) where !candidate.isEmpty {
            guard candidates.count < most, known.insert(candidate).inserted else { continue }
            candidates.append(String(decoding: candidate, as: UTF8.self))
        }
        return candidates
    }

    /// The text as it stands and without its escapes, each on one line and on several.
    private static func readings(of text: [UInt8]) -> [FoldedText] {
        [text, withoutJSONEscapes(text)].flatMap { bytes in
            // A line may end within an escape, so the lines are joined first. Then it is not known where they began.
            let joined = percentDecoded(FoldedText(unfolding: bytes).bytes)
            let separate = [bytes, percentDecoded(bytes)].flatMap { bytes in
                [FoldedText(bytes: bytes, folds: []), FoldedText(unfolding: bytes)]
            }
            return separate + [FoldedText(bytes: joined, folds: [])]
        }
    }

    /// Replaces `\/`, `\n` and `\u0026` by what they stand for; other text stays.
    private static func withoutJSONEscapes(_ text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escaped = rest.first else {
                output.append(byte)
                continue
            }
            if escaped == UInt8(ascii: "u"), rest.count >= 5,
                let code = Hexadecimal.decode(String(decoding: rest.dropFirst().prefix(4), as: UTF8.self)), code[0] == 0
            {
                output.append(code[1])
                rest = rest.dropFirst(5)
            } else if let meaning = simpleEscapes[escaped] {
                output.append(meaning)
                rest = rest.dropFirst()
            } else {
                output.append(byte)
            }
        }
        return output
    }

    private static let simpleEscapes: [UInt8: UInt8] = [
        UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
        UInt8(ascii: "\""): UInt8(ascii: "\""),
        UInt8(ascii: "n"): UInt8(ascii: "\n"), UInt8(ascii: "r"): UInt8(ascii: "\r"),
        UInt8(ascii: "t"): UInt8(ascii: "\t"),
    ]

    private static func percentDecoded(_ text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let high = rest.first.flatMap(Hexadecimal.value),
                let low = rest.dropFirst().first.flatMap(Hexadecimal.value)
            {
                output.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                output.append(byte)
            }
        }
        return output
    }
}

/// A text whose lines were joined, and where.
struct FoldedText {
    let bytes: [UInt8]
    /// Where a line began.
    let folds: [Int]

    init(bytes: [UInt8], folds: [Int]) {
        self.bytes = bytes
        self.folds = folds
    }

    /// Joins lines: drops each line end, the white space around it, and a backslash or an equals sign of a soft line
    /// break before it.
    init(unfolding text: [UInt8]) {
        let lines = text.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        var (bytes, folds): ([UInt8], [Int]) = ([], [])
        for line in lines {
            folds.append(bytes.count)
            var line = line.drop(while: Self.isSpace)
            while let last = line.last, Self.isSpace(last) || last == UInt8(ascii: "\\") { line.removeLast() }
            bytes += line
        }
        self.init(bytes: bytes, folds: folds)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// What may be tokens.
    func tokens() -> [[UInt8]] {
        marks.flatMap { mark in
            let end = ends(after: mark)
            return starts(before: mark).flatMap { start in end.map { Array(bytes[start..<$0]) } }
        }
    }

    static func tokens(in text: FoldedText) -> [[UInt8]] { text.tokens() }

    private static let mark = Array("/?".utf8)
    private static let signature = Array("X-Amz-Signature=".utf8)

    /// Where an endpoint ends and a query begins.
    private var marks: [Int] {
        bytes.indices.dropLast().filter { bytes[$0] == Self.mark[0] && bytes[$0 + 1] == Self.mark[1] }
    }

    /// Where the endpoint before the mark may begin: a host, and a port if there is one.
    private func starts(before mark: Int) -> [Int] {
        var position = mark
        while position > 0, (48...57).contains(bytes[position - 1]) { position -= 1 }
        if position == mark || position == 0 || bytes[position - 1] != UInt8(ascii: ":") {
            position = mark
        } else {
            position -= 1
        }
        let end = position
        while position > 0, Self.isHost(bytes[position - 1]) { position -= 1 }
        guard position < end else { return [] }
        // The text of the line before may seem to be part of the host.
        return [position] + folds.filter { position < $0 && $0 < end }
    }

    /// Where the query after the mark may end: behind the signature, and where its characters do.
    private func ends(after mark: Int) -> [Int] {
        var end = mark + 2
        while end < bytes.count, Self.isQuery(bytes[end]) { end += 1 }
        let query = bytes[mark..<end]
        guard let name = query.firstRange(of: Self.signature) else { return [] }
        let digits = bytes[name.upperBound..<end].prefix { Hexadecimal.value(of: $0) != nil }
        guard digits.count >= 64 else { return [] }
        return Array(Set([name.upperBound + 64, end])).sorted()
    }

    private static func isHost(_ byte: UInt8) -> Bool {
        PercentEncoding.isUnreserved(byte) && byte != UInt8(ascii: "~")
    }

    private static func isQuery(_ byte: UInt8) -> Bool {
        PercentEncoding.isUnreserved(byte) || "%&=+".utf8.contains(byte)
    }
}
