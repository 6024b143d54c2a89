import Foundation

/// What a program printed, read.
struct CommandOutput {
    let text: String
    let user: String?
    let expiresAt: Date?

    /// - Throws: ``CommandGeneratorError`` with the code `invalidOutput`, which quotes nothing of it.
    init(_ output: [UInt8], fields: CommandFields, now: Date) throws(CommandGeneratorError) {
        guard let text = String(validating: output, as: UTF8.self) else { throw Self.invalid("not UTF-8") }
        if text.first(where: { !$0.isWhitespace }) == "{" {
            try self.init(json: output, fields: fields, now: now)
        } else {
            self.init(text: try Self.password(Self.withoutLineEnd(text)), user: nil, expiresAt: nil)
        }
    }

    private init(text: String, user: String?, expiresAt: Date?) {
        self.text = text
        self.user = user
        self.expiresAt = expiresAt
    }

    private init(json: [UInt8], fields: CommandFields, now: Date) throws(CommandGeneratorError) {
        guard let object = try? JSONDecoder().decode(JSONNode.self, from: Data(json)) else {
            throw Self.invalid("no well-formed JSON object")
        }
        guard let password = object.text(at: fields.password) else {
            throw Self.invalid("JSON without a password in \(fields.password.joined(separator: ", "))")
        }
        self.init(
            text: try Self.password(password),
            user: object.text(at: fields.user),
            expiresAt: try Self.expiry(object, fields, now)
        )
    }

    private static func expiry(
        _ object: JSONNode,
        _ fields: CommandFields,
        _ now: Date
    ) throws(CommandGeneratorError) -> Date? {
        if let text = object.text(at: fields.expiry) {
            if let seconds = Double(text), seconds.isFinite { return Date(timeIntervalSince1970: seconds) }
            guard let date = rfc3339(text) else { throw invalid("an expiry that is no time in RFC 3339") }
            return date
        }
        guard let text = object.text(at: fields.lifetime) else { return nil }
        guard let seconds = Double(text), seconds > 0, seconds.isFinite else {
            throw invalid("a lifetime that is no number of seconds")
        }
        return now + seconds
    }

    private static func rfc3339(_ text: String) -> Date? {
        let styles = [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true)]
        return styles.lazy.compactMap { try? $0.parse(text) }.first
    }

    /// One line end belongs to printing and not to the password.
    private static func withoutLineEnd(_ text: String) -> String {
        text.hasSuffix("\r\n") || text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    private static func password(_ text: String) throws(CommandGeneratorError) -> String {
        guard !text.isEmpty else { throw invalid("nothing") }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { throw invalid("more than one line") }
        return text
    }

    private static func invalid(_ what: String) -> CommandGeneratorError {
        CommandGeneratorError(.invalidOutput, "the program printed \(what) instead of a password")
    }
}
