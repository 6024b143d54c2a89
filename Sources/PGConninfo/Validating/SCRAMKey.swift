/// The SCRAM keys of libpq 18 and later: 32 bytes in base64.
enum SCRAMKey {
    private static let length = 32

    static func check(_ parameters: Conninfo) throws(ConninfoError) {
        try check(parameters, .scramClientKey, "SCRAM client key")
        try check(parameters, .scramServerKey, "SCRAM server key")
    }

    private static func check(
        _ parameters: Conninfo,
        _ keyword: Conninfo.Keyword,
        _ name: String
    ) throws(ConninfoError) {
        guard let key = parameters.bytes(of: keyword) else { return }
        let count = decodedCount(key)
        guard count != length else { return }
        let text = count.map { "invalid \(name) length: \($0)" } ?? "invalid \(name)"
        throw ConninfoError(.invalidValue, keyword: keyword.name, message: LibpqMessage.plain(text))
    }

    /// How many bytes the text decodes to (`pg_b64_decode`); nil if it is no base64.
    private static func decodedCount(_ text: [UInt8]) -> Int? {
        var count = 0
        var bytesPerGroup = 3
        for (position, byte) in text.enumerated() {
            if byte == UInt8(ascii: "="), bytesPerGroup == 3 {
                guard position % 4 >= 2 else { return nil }
                bytesPerGroup = position % 4 - 1
            }
            guard byte.isBase64Digit || byte == UInt8(ascii: "=") else { return nil }
            if position % 4 == 3 { count += bytesPerGroup }
        }
        return text.count % 4 == 0 ? count : nil
    }
}

extension UInt8 {
    fileprivate var isBase64Digit: Bool { isAlphanumeric || self == UInt8(ascii: "+") || self == UInt8(ascii: "/") }
}
