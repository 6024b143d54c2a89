public import RDSIAMSystem

extension Decimal: PGDecodable {
    /// Reads `numeric`, `smallint`, `integer` and `bigint`; not infinity, nor a number of more than 38 digits.
    public init?(_ field: PGField) {
        if let integer = field.integer {
            self.init(integer)
            return
        }
        guard field.type == .numeric, let text = field.format == .text ? field.utf8 : field.numericText else {
            return nil
        }
        guard text != "NaN" else {
            self = .nan
            return
        }
        let digits = text.filter(\.isNumber).drop { $0 == "0" }
        guard !text.hasSuffix("Infinity"), digits.count <= 38 else { return nil }
        self.init(string: text)
    }
}

extension PGField {
    /// What the binary form of a `numeric` says, in digits.
    ///
    /// Four numbers of 16 bits come first: how many digits follow, the first one's weight, the sign and how many decimals to show.
    /// The digits are of base 10,000.
    fileprivate var numericText: String? {
        let words = words
        guard words.count >= 4, words.count == 4 + Int(words[0]) else { return nil }
        switch words[2] {
        case 0xC000: return "NaN"
        case 0xD000, 0xF000: return "Infinity"
        default: break
        }
        let weight = Int(Int16(bitPattern: words[1]))
        func digits(_ power: Int) -> String {
            let index = 4 + weight - power
            let text = String(words.indices.contains(index) && index >= 4 ? words[index] : 0)
            return String(repeating: "0", count: max(4 - text.count, 0)) + text
        }
        let whole = (0...max(weight, 0)).reversed().map(digits).joined()
        let decimals = stride(from: -1, to: -1 - (Int(words[3]) + 3) / 4, by: -1).map(digits).joined()
        return (words[2] == 0x4000 ? "-" : "") + whole + "." + decimals.prefix(Int(words[3]))
    }

    private var words: [UInt16] {
        withBytes { bytes in
            stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        }
    }
}
