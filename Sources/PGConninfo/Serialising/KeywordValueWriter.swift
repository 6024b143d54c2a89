/// Writes settings by the rule of libpq's own tools (`appendConnStrVal`): quotes unless nothing needs them.
enum KeywordValueWriter {
    /// Bytes of a keyword, an equals sign, two quotes and a space.
    static let usualOverhead = 20

    static func append(_ name: String, _ value: some Collection<UInt8>, to output: inout [UInt8]) {
        if !output.isEmpty { output.append(UInt8(ascii: " ")) }
        output.append(contentsOf: name.utf8)
        append(value, to: &output)
    }

    static func append(_ name: StaticString, _ value: some Collection<UInt8>, to output: inout [UInt8]) {
        if !output.isEmpty { output.append(UInt8(ascii: " ")) }
        name.withUTF8Buffer { output.append(contentsOf: $0) }
        append(value, to: &output)
    }

    private static func append(_ value: some Collection<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "="))
        if !value.isEmpty, value.allSatisfy(\.needsNoQuotes) {
            output.append(contentsOf: value)
        } else {
            appendQuoted(value, to: &output)
        }
    }

    private static func appendQuoted(_ value: some Collection<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "'"))
        if value.contains(where: \.needsEscape) {
            for byte in value {
                if byte.needsEscape { output.append(UInt8(ascii: "\\")) }
                output.append(byte)
            }
        } else {
            output.append(contentsOf: value)
        }
        output.append(UInt8(ascii: "'"))
    }

    /// One setting for people to read.
    static func masked(_ name: String, _ value: some Collection<UInt8>, isSecret: Bool) -> String {
        guard !isSecret else { return "\(name)=***" }
        var output: [UInt8] = []
        append(name, value, to: &output)
        return String(decoding: output, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var needsNoQuotes: Bool { isAlphanumeric || self == UInt8(ascii: "_") || self == UInt8(ascii: ".") }

    fileprivate var needsEscape: Bool { self == UInt8(ascii: "'") || self == UInt8(ascii: "\\") }

    var isAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}
