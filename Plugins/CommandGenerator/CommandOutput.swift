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
        if let value = fields.expiry.lazy.compactMap({ object.value(at: $0) }).first(where: {
            $0.text?.isEmpty == false
        }) {
            guard let date = Expiration.date(value) else {
                throw invalid(
                    "an expiry that is no time with a zone and no count of seconds or milliseconds since 1970"
                )
            }
            return date
        }
        guard let text = text(of: object, at: fields.lifetime) else {
            try refuseUnknownExpiry(in: object)
            return nil
        }
        guard let seconds = Double(text), seconds > 0, isInCalendar(now + seconds) else {
            throw invalid("a lifetime that is no number of seconds")
        }
        return now + seconds
    }

    /// A password whose stated expiry is passed over would be cached beyond it.
    ///
    /// The expiry may stand beside the password in an inner object.
    private static func refuseUnknownExpiry(in object: JSONValue) throws(CommandGeneratorError) {
        guard case .object(let members) = object else { return }
        for (name, value) in members {
            if name.asciiLowercased().containsBytes("expir") {
                throw invalid("JSON with an expiry that is no text or number, or that CommandFields does not list,")
            }
            try refuseUnknownExpiry(in: value)
        }
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

/// Where things are in the JSON object that a program prints.
///
/// Each is a list of names to try in turn; a name with dots leads into objects in objects. The standard names cover
/// `gcloud config config-helper`, `az account get-access-token`, `vault read` and the exec credentials of Kubernetes.
public struct CommandFields: Sendable, Hashable {
    /// Where the password is.
    public var password = [
        "password", "token", "access_token", "accessToken", "credential.access_token", "data.password", "status.token",
    ]
    /// Where the user is, for programs that choose one.
    public var user = ["user", "username", "data.username"]
    /// Where the expiry is: ISO 8601 with a zone, or seconds or milliseconds since 1970.
    public var expiry = [
        "expiration", "Expiration", "expiresAt", "ExpiresAt", "expires_at", "expires_on", "token_expiry",
        "credential.token_expiry", "expirationTimestamp", "status.expirationTimestamp", "expiration_time",
        "expirationTime", "expireTime",
    ]
    /// Where the remaining lifetime is, in seconds from now.
    public var lifetime = ["expires_in", "expiresIn", "lease_duration"]

    /// The standard names.
    public init() {}
}
