#if Command
import PGConninfo
import RDSIAMBasics
import RDSIAMSystem

/// Parameters that libpq would refuse, with the word that is wrong and the place that it comes from.
struct UnusableConninfo: Error, CustomStringConvertible {
    let description: String

    /// - Parameters:
    ///   - error: What is wrong in a connection string.
    ///   - text: The connection string.
    init(_ error: ConninfoError, in text: String) {
        guard error.code == .missingEquals, let offset = error.byteOffset else {
            description = "CONNINFO cannot be read. \(error.message)"
            return
        }
        let word = String(decoding: text.utf8.dropFirst(offset).prefix { $0 > 0x20 }, as: UTF8.self)
        // The word may be the second half of a password with a space in it.
        let mayBeSecret = ["pass", "command", "@"].contains { text.asciiLowercased().containsBytes($0) }
        let name = mayBeSecret ? "the word at byte \(offset)" : String(reflecting: word)
        description = """
            CONNINFO has no "=" after \(name). Write keyword=value, and put single quotes around a value that holds spaces.
            """
    }

    /// - Parameters:
    ///   - error: What is wrong with a value.
    ///   - parameters: What CONNINFO and the options say; what they do not say comes from elsewhere.
    init(_ error: ConninfoError, of parameters: Conninfo) {
        guard let keyword = error.keyword.flatMap({ Conninfo.Keyword($0) }) else {
            description = error.message
            return
        }
        let place = Self.place(of: keyword, in: parameters)
        let value = Self.value(of: keyword, in: parameters).map { "\(keyword) is \(String(reflecting: $0))" }
        switch error.code {
        case .invalidPort:
            description = "\(value ?? "The port") in \(place), and must be a number from 1 to 65535. Correct it."
        case .invalidInteger:
            description = "\(value ?? "\(keyword)") in \(place), and must be a whole number without a unit. Correct it."
        case .invalidValue:
            description = "\(value ?? "\(keyword)") in \(place), which is none of its values. Correct or remove it."
        default: description = "\(error.message) It comes from \(place)."
        }
    }

    private static func value(of keyword: Conninfo.Keyword, in parameters: Conninfo) -> String? {
        guard !keyword.isSecret else { return nil }
        let value = parameters[keyword] ?? variable(of: keyword).flatMap { ProcessInfo.processInfo.environment[$0] }
        return value.map { String($0.prefix(80)) }
    }

    /// Where the value of a keyword comes from, as libpq looks for it.
    private static func place(of keyword: Conninfo.Keyword, in parameters: Conninfo) -> String {
        if parameters.contains(keyword) { return "CONNINFO or an option" }
        return variable(of: keyword) ?? "the service file"
    }

    private static func variable(of keyword: Conninfo.Keyword) -> String? {
        keyword.environmentVariable.flatMap { getenv($0) == nil ? nil : $0 }
    }
}
#endif
