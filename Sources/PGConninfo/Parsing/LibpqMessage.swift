/// Builds libpq's messages as bytes: the input they quote need not be UTF-8.
struct LibpqMessage {
    private(set) var bytes: [UInt8] = []

    mutating func text(_ literal: StaticString) {
        literal.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func text(_ string: String) {
        bytes.append(contentsOf: string.utf8)
    }

    mutating func quote(_ raw: some Sequence<UInt8>) {
        bytes.append(contentsOf: raw)
    }

    /// `before "quoted" after`, with libpq's closing line feed.
    static func quoting(_ quoted: some Sequence<UInt8>, _ before: String, _ after: String = "") -> [UInt8] {
        var message = LibpqMessage()
        message.text(before)
        message.text("\"")
        message.quote(quoted)
        message.text("\"")
        message.text(after)
        message.text("\n")
        return message.bytes
    }

    static func plain(_ text: String) -> [UInt8] {
        Array(text.utf8) + [0x0A]
    }
}

extension Span where Element == UInt8 {
    /// A copy of a range, for the slow path of an error.
    func copy(_ range: Range<Int>) -> [UInt8] {
        range.map { self[$0] }
    }

    func copy() -> [UInt8] {
        copy(0..<count)
    }
}
