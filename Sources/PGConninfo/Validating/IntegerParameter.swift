/// Parameters that are whole numbers, as `strtol` parses them in base 10.
enum IntegerParameter {
    /// Parses the number at the start, after blanks and a sign, and returns it with the index where it ends.
    ///
    /// Returns `nil` if there are no digits or if the number is out of the range of `Int`.
    static func parsePrefix(_ text: [UInt8]) -> (value: Int, end: Int)? {
        var cursor = text.firstIndex { !$0.isBlank } ?? text.count
        var isNegative = false
        if cursor < text.count, text[cursor] == UInt8(ascii: "-") || text[cursor] == UInt8(ascii: "+") {
            isNegative = text[cursor] == UInt8(ascii: "-")
            cursor += 1
        }
        let digits = text[cursor...].prefix(while: \.isDigit)
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

    /// Parses the value of a parameter: a whole number of 32 bits, with blanks around it allowed (`parse_int_param`).
    static func parse(_ text: [UInt8], _ keyword: Conninfo.Keyword) throws(ConninfoError) -> Int {
        guard let number = parsePrefix(text), Int32(exactly: number.value) != nil,
            text[number.end...].allSatisfy(\.isBlank)
        else {
            let message = LibpqMessage.quoting(
                text,
                "invalid integer value ",
                " for connection option \"\(keyword)\""
            )
            throw ConninfoError(.invalidInteger, keyword: keyword.name, libpqMessage: message)
        }
        return number.value
    }
}

extension ResolvedConninfo {
    /// The timeout for one endpoint in seconds, or `nil` if there is none: if `connect_timeout` is unset, 0 or
    /// negative.
    ///
    /// libpq 15 and 16 take 1 for 2. libpq looks at the value only in `PQconnectdb` and its like (`connectDBComplete`),
    /// not in `PQconnectStart`, whose callers keep the time themselves.
    /// - Throws: ``ConninfoError`` with ``ConninfoError/Code/invalidInteger`` for a value that is no whole number of 32
    ///   bits, an empty one included. The same parameters fail again.
    public var connectTimeout: Int? {
        get throws(ConninfoError) {
            guard let seconds = try integer(.connectTimeout), seconds > 0 else { return nil }
            return parameters.dialect < .v17 ? max(seconds, 2) : seconds
        }
    }

    /// Checks the whole numbers that libpq parses while it connects.
    ///
    /// libpq ignores the TCP settings on Unix-domain sockets, so they are at fault only if every endpoint is reached by
    /// TCP. `keepalives=0` switches off the others, `tcp_user_timeout` included.
    func checkIntegers() throws(ConninfoError) {
        _ = try connectTimeout
        guard try endpoints().allSatisfy({ $0.kind != .unixSocket }), try integer(.keepalives) != 0 else { return }
        _ = try integer(.keepalivesIdle)
        _ = try integer(.keepalivesInterval)
        _ = try integer(.keepalivesCount)
        _ = try integer(.tcpUserTimeout)
    }

    /// Returns the number, or `nil` if it is unset.
    ///
    /// An empty value is no number.
    private func integer(_ keyword: Conninfo.Keyword) throws(ConninfoError) -> Int? {
        guard let text = parameters.bytes(of: keyword) else { return nil }
        return try IntegerParameter.parse(text, keyword)
    }
}
