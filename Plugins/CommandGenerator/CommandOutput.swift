import RDSIAMBasics
import RDSIAMSystem

/// What a program printed, parsed.
struct CommandOutput {
    let text: String
    let user: String?
    let expiresAt: Date?

    /// - Throws: ``CommandGeneratorError`` with the code `invalidOutput`, which quotes no part of the output.
    init(_ output: [UInt8], fields: CommandFields, now: Date) throws(CommandGeneratorError) {
        guard let text = String(validating: output, as: UTF8.self) else { throw Self.invalid("not UTF-8") }
        if text.trimmingASCIISpace().hasBytePrefix("{") {
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
        guard let object = JSONValue.object(json).map(JSONValue.object) else {
            throw Self.invalid("no well-formed JSON object")
        }
        guard let password = Self.text(of: object, at: fields.password) else {
            throw Self.invalid("JSON without a password in \(fields.password.joined(separator: ", "))")
        }
        self.init(
            text: try Self.password(password),
            user: Self.text(of: object, at: fields.user),
            expiresAt: try Self.expiry(object, fields, now)
        )
    }

    /// The text or number under the first of some dotted names that leads to one.
    private static func text(of object: JSONValue, at names: [String]) -> String? {
        names.lazy.compactMap { object.value(at: $0)?.text }.first { !$0.isEmpty }
    }

    private static func expiry(
        _ object: JSONValue,
        _ fields: CommandFields,
        _ now: Date
    ) throws(CommandGeneratorError) -> Date? {
        if let text = text(of: object, at: fields.expiry) {
            guard let date = Double(text).map(Date.init(timeIntervalSince1970:)) ?? Date(rfc3339: text),
                isInCalendar(date)
            else { throw invalid("an expiry that is no time in RFC 3339 and no number of seconds since 1970") }
            return date
        }
        guard let text = text(of: object, at: fields.lifetime) else { return nil }
        guard let seconds = Double(text), seconds > 0, isInCalendar(now + seconds) else {
            throw invalid("a lifetime that is no number of seconds")
        }
        return now + seconds
    }

    /// Whether a date may be written out and counted in whole seconds, which an arbitrary number may not.
    private static func isInCalendar(_ date: Date) -> Bool {
        guard let seconds = Int64(exactly: date.timeIntervalSince1970.rounded(.down)) else { return false }
        return CivilTime.range.contains(seconds)
    }

    /// One line end belongs to printing and not to the password.
    private static func withoutLineEnd(_ text: String) -> String {
        let lineEnd = ["\r\n", "\n"].first { text.hasByteSuffix($0) } ?? ""
        return String(decoding: text.utf8.dropLast(lineEnd.utf8.count), as: UTF8.self)
    }

    private static func password(_ text: String) throws(CommandGeneratorError) -> String {
        guard !text.isEmpty else { throw invalid("nothing") }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw invalid("more than one line or a control character")
        }
        return text
    }

    private static func invalid(_ what: String) -> CommandGeneratorError {
        CommandGeneratorError(
            .invalidOutput,
            "The program printed \(what) instead of a password. Run it by hand and compare with the fields it should have."
        )
    }
}
