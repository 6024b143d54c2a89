// Percent-decoding, `conninfo_uri_decode` in libpq. From 18 on, raw spaces around a component are dropped and raw
// spaces inside it are an error.
extension ConninfoParser {
    private var isStrictAboutSpaces: Bool { dialect >= .v18 }

    /// Decodes a raw component of the store's buffer in place and says where the result lies.
    mutating func decode(
        _ component: Range<Int>,
        at offset: Int,
        keyword: KeywordCode?
    ) throws(ConninfoError) -> Range<Int> {
        guard mayHoldEscapes else { return component }
        let trimmed = isStrictAboutSpaces ? trimSpaces(component) : component
        try check(trimmed, in: component, at: offset, keyword: keyword)
        return decodeChecked(trimmed)
    }

    private func trimSpaces(_ component: Range<Int>) -> Range<Int> {
        var start = component.lowerBound
        var end = component.upperBound
        while start < end, store.bytes[start] == UInt8(ascii: " ") { start += 1 }
        while end > start, store.bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
        return start..<end
    }

    private func check(
        _ trimmed: Range<Int>,
        in component: Range<Int>,
        at offset: Int,
        keyword: KeywordCode?
    ) throws(ConninfoError) {
        var cursor = trimmed.lowerBound
        while cursor < trimmed.upperBound {
            let byte = store.bytes[cursor]
            if isStrictAboutSpaces, byte == UInt8(ascii: " ") {
                throw .unexpectedSpaces(store.bytes[component], at: offset, keyword)
            }
            guard byte == UInt8(ascii: "%") else {
                cursor += 1
                continue
            }
            switch percentEncodedByte(at: cursor, before: trimmed.upperBound) {
            case nil: throw .invalidPercentEncoding(store.bytes[component], at: offset, keyword)
            case 0: throw .percentEncodedNUL(store.bytes[component], at: offset, keyword)
            default: cursor += 3
            }
        }
    }

    private func percentEncodedByte(at percent: Int, before end: Int) -> UInt8? {
        guard percent + 2 < end, let high = store.bytes[percent + 1].hexValue,
            let low = store.bytes[percent + 2].hexValue
        else { return nil }
        return high << 4 | low
    }

    private mutating func decodeChecked(_ component: Range<Int>) -> Range<Int> {
        guard let first = store.bytes[component].firstIndex(of: UInt8(ascii: "%")) else { return component }
        var cursor = first
        var end = first
        while cursor < component.upperBound {
            if let byte = percentEncodedByte(at: cursor, before: component.upperBound),
                store.bytes[cursor] == UInt8(ascii: "%")
            {
                store.bytes[end] = byte
                cursor += 3
            } else {
                store.bytes[end] = store.bytes[cursor]
                cursor += 1
            }
            end += 1
        }
        return component.lowerBound..<end
    }
}

extension UInt8 {
    var hexValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
