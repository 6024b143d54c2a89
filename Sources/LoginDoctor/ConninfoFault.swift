package import PGConninfo
import RDSIAMBasics

/// What libpq would refuse, with the word that is wrong and the place that it comes from.
///
/// It repeats no secret, nor what may be a part of one.
package struct ConninfoFault: Sendable {
    /// What is wrong, in a sentence.
    package let summary: String
    /// What to do, in sentences; empty if the summary says all.
    package let advice: String

    /// The summary and the advice.
    package var message: String { advice.isEmpty ? summary : "\(summary) \(advice)" }

    /// Explains why a connection string cannot be read.
    ///
    /// - Parameters:
    ///   - error: What is wrong with it.
    ///   - text: The connection string.
    ///   - name: What sentences call it.
    package init(_ error: ConninfoError, in text: String, called name: String = "The connection string") {
        guard error.code == .missingEquals, let offset = error.byteOffset else {
            self.init(error)
            return
        }
        let word = String(decoding: text.utf8.dropFirst(offset).prefix { $0 > 0x20 }, as: UTF8.self)
        // The word may be the second half of a password with a space in it.
        let shown = text.mayHoldSecret ? "the word at byte \(offset)" : String(reflecting: word)
        self.init(
            "\(name) has no \"=\" after \(shown).",
            "Write keyword=value, and put single quotes around a value that holds spaces."
        )
    }

    /// Explains why parameters cannot be used.
    ///
    /// - Parameters:
    ///   - error: What is wrong with a value.
    ///   - parameters: What the connection string and the options say; what they do not say comes from elsewhere.
    ///   - name: What sentences call the place of these parameters.
    ///   - environment: What unset parameters come from.
    package init(
        _ error: ConninfoError,
        of parameters: Conninfo,
        from name: String,
        in environment: ConninfoEnvironment = .process
    ) {
        guard let keyword = error.keyword.flatMap({ Conninfo.Keyword($0) }) else {
            self.init(error)
            return
        }
        let search = ValueSearch(parameters, name, environment)
        let value = search.value(of: keyword)
        let place = search.place(of: keyword)
        switch error.code {
        case .invalidPort,
            .invalidInteger where keyword == .port:
            self.init(
                "\(value ?? "The port is wrong") in \(place), and must be a number from 1 to 65535.",
                "Correct it."
            )
        case .invalidInteger:
            self.init(
                "\(value ?? "\(keyword) is wrong") in \(place), and must be a whole number without a unit.",
                "Correct it."
            )
        case .invalidValue:
            self.init(
                "\(value ?? "\(keyword) is wrong") in \(place), which is none of its values.",
                "Correct or remove it."
            )
        case .serviceNotFound:
            self.init(
                "\(value ?? "The service is wrong") in \(place), and no service file defines it.",
                "Correct it, or add a section for it to ~/.pg_service.conf."
            )
        default:
            let whole = ConninfoFault(error)
            let file = Self.serviceFile(in: error).map { "The service file is \($0.escapingInvisible())." }
            self.init(
                whole.summary,
                "\(whole.advice) \(file ?? "It comes from \(place).")"
            )
        }
    }

    /// The service file that libpq's own message names.
    private static func serviceFile(in error: ConninfoError) -> String? {
        // Other messages quote values, which may be secrets.
        guard error.code == .serviceFileNotFound || error.line != nil, error.code != .ldapService else { return nil }
        let parts = error.unsafeLibpqMessage.splitBytes(separator: "\"", omittingEmptySubsequences: false)
        return parts.count > 2 ? parts[parts.count - 2] : nil
    }

    private init(_ summary: String, _ advice: String) { (self.summary, self.advice) = (summary, advice) }

    private init(_ error: ConninfoError) {
        let sentences = error.message.sentences
        self.init(
            sentences.first ?? error.message,
            sentences.dropFirst().joined(separator: " ")
        )
    }
}

/// Finds a value that cannot be used, and what has set it.
private struct ValueSearch {
    /// What the connection string and the options say.
    private let given: Conninfo
    /// What sentences call their place.
    private let name: String
    /// The parameters with what libpq finds elsewhere: a service overrules variables.
    private let found: Conninfo
    private let environment: ConninfoEnvironment

    init(_ parameters: Conninfo, _ name: String, _ environment: ConninfoEnvironment) {
        (given, self.name, self.environment) = (parameters, name, environment)
        found = Self.resolved(parameters, environment)
    }

    /// The parameters with what libpq finds elsewhere, or with the variables alone if the service does not exist.
    private static func resolved(_ parameters: Conninfo, _ environment: ConninfoEnvironment) -> Conninfo {
        if let resolved = try? parameters.resolve(in: environment) { return resolved.parameters }
        var parameters = parameters
        if !parameters.contains(.service), let service = environment.variables["PGSERVICE"] {
            try? parameters.set(.service, to: service)
        }
        return parameters
    }

    /// The keyword and its value, such as `port is "x"`, or `nil` if the value cannot be shown.
    func value(of keyword: Conninfo.Keyword) -> String? {
        guard !keyword.isSecret, let value = found[keyword], !value.mayHoldSecret else { return nil }
        return "\(keyword) is \(String(reflecting: String(value.prefix(80))))"
    }

    /// Where the value of a keyword comes from.
    func place(of keyword: Conninfo.Keyword) -> String {
        if given.contains(keyword) { return name }
        if let variable = keyword.environmentVariable, let value = environment.variables[variable],
            keyword == .service || found.bytes(of: keyword) ?? value == value
        {
            return variable
        }
        return found[.service].map { "the service \(String(reflecting: $0))" } ?? "the service file"
    }
}

extension String {
    /// Whether a part of it may be a password.
    fileprivate var mayHoldSecret: Bool {
        ["pass", "command", "@"].contains { asciiLowercased().containsBytes($0) }
    }
}
