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
        let found = Self.resolved(parameters)
        let place = Self.place(of: keyword, in: parameters, found)
        let shown = keyword.isSecret ? nil : found[keyword].map { String(reflecting: String($0.prefix(80))) }
        let value = shown.map { "\(keyword) is \($0)" }
        switch error.code {
        case .invalidPort:
            description = "\(value ?? "The port") in \(place), and must be a number from 1 to 65535. Correct it."
        case .invalidInteger:
            description = "\(value ?? "\(keyword)") in \(place), and must be a whole number without a unit. Correct it."
        case .invalidValue:
            description = "\(value ?? "\(keyword)") in \(place), which is none of its values. Correct or remove it."
        case .serviceNotFound:
            description = """
                \(value ?? "The service") in \(place), and no service file defines it. Correct it, or add a section for it \
                to ~/.pg_service.conf.
                """
        default: description = "\(error.message) It comes from \(place)."
        }
    }

    /// The parameters with what libpq finds elsewhere, or with the variables alone if the service does not exist.
    private static func resolved(_ parameters: Conninfo) -> Conninfo {
        if let resolved = try? parameters.resolve(in: .process) { return resolved.parameters }
        var parameters = parameters
        if !parameters.contains(.service), let service = ProcessInfo.processInfo.environment["PGSERVICE"] {
            try? parameters.set(.service, to: service)
        }
        return parameters
    }

    /// Where the value of a keyword comes from.
    ///
    /// - Parameter found: The parameters with what libpq finds elsewhere: a service overrules variables.
    private static func place(of keyword: Conninfo.Keyword, in parameters: Conninfo, _ found: Conninfo) -> String {
        if parameters.contains(keyword) { return "CONNINFO or an option" }
        if let variable = keyword.environmentVariable, let value = ProcessInfo.processInfo.environment[variable],
            keyword == .service || found[keyword].map({ $0.isBytewiseEqual(to: value) }) ?? true
        {
            return variable
        }
        return found[.service].map { "the service \(String(reflecting: $0))" } ?? "the service file"
    }
}
#endif
