/// Whole numbers as `strtol` reads them in base 10.
enum Decimal {
    /// The number at the start, after blanks and a sign, and where it ends; nil without digits or out of range.
    static func parse(_ text: [UInt8]) -> (value: Int, end: Int)? {
        var cursor = text.firstIndex { !$0.isBlank } ?? text.count
        var isNegative = false
        if cursor < text.count, text[cursor] == UInt8(ascii: "-") || text[cursor] == UInt8(ascii: "+") {
            isNegative = text[cursor] == UInt8(ascii: "-")
            cursor += 1
        }
        let digits = text[cursor...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard !digits.isEmpty else { return nil }
        var magnitude = 0
        for digit in digits {
            let (tens, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            magnitude = sum
        }
        return (isNegative ? -magnitude : magnitude, digits.endIndex)
    }

    /// A parameter that is to be a 32-bit whole number, blanks around it allowed (`pqParseIntParam`).
    static func parameter(_ text: [UInt8], _ keyword: Conninfo.Keyword) throws(ConninfoError) -> Int {
        guard let number = parse(text), Int32(exactly: number.value) != nil,
            text[number.end...].allSatisfy(\.isBlank)
        else {
            let message = LibpqMessage.quoting(
                text,
                "invalid integer value ",
                " for connection option \"\(keyword)\""
            )
            throw ConninfoError(.invalidInteger, keyword: keyword.name, message: message)
        }
        return number.value
    }
}
