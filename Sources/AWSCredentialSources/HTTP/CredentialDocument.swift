import RDSIAMBasics
import RDSIAMSystem

/// The JSON document in which containers, the instance metadata service and credential processes issue credentials.
struct CredentialDocument {
    let members: [String: JSONValue]

    /// What is wrong with a document: the end of a sentence that names the document, without secrets.
    struct Fault: Error {
        var text: String
    }

    /// Returns the credentials.
    ///
    /// - Parameter areTemporary: Whether a session token and an expiration must be there.
    func credentials(
        _ provenance: AWSCredentials.Provenance,
        areTemporary: Bool = false
    ) throws(Fault) -> AWSCredentials {
        let credentials = AWSCredentials(
            accessKeyID: try required("AccessKeyId"),
            secretAccessKey: try required("SecretAccessKey"),
            sessionToken: areTemporary ? try required("Token", "SessionToken") : members.text("Token", "SessionToken"),
            expiration: try expiration(),
            accountID: members.text("AccountId"),
            provenance: provenance
        )
        guard !areTemporary || credentials.expiration != nil else { throw Fault(text: "has no Expiration") }
        if let part = credentials.unusablePart(["AccessKeyId", "SecretAccessKey", "SessionToken"]) {
            throw Fault(text: "holds \(part) with a blank or a line end")
        }
        return credentials
    }

    private func required(_ name: String, _ other: String? = nil) throws(Fault) -> String {
        guard let text = members.text(name) ?? other.flatMap({ members.text($0) }) else {
            throw Fault(text: "has no \(name)")
        }
        return text
    }

    /// No expiration is a fine answer; an unreadable one is not: keys would be cached past their end.
    private func expiration() throws(Fault) -> Date? {
        switch members.member("Expiration", "ExpiresAt") {
        case nil, .null?: return nil
        case let value?:
            if case .string(let text) = value, let date = Expiration.date(text) { return date }
            throw Fault(text: "has \(Expiration.fault(value.text))")
        }
    }
}

/// The end of credentials as services, helpers and sign-in files write it.
///
/// It reads what botocore reads of ISO 8601: the extended and the basic form, with and without seconds and fractions,
/// and zones such as `Z`, `UTC`, `+01:00`, `+0100` and `+00`. A time without a zone is refused: it may be off by hours.
enum Expiration {
    /// Returns the date, or `nil` if the text is not a time with a zone.
    static func date(_ text: String) -> Date? {
        var rest = Array(text.trimmed.utf8)[...]
        guard
            let date = digits(of: &rest, [4, 2, 2], separator: UInt8(ascii: "-")),
            let divider = rest.popFirst(), [UInt8(ascii: "T"), UInt8(ascii: "t"), 0x20].contains(divider),
            let time = time(of: &rest), let zone = zone(rest)
        else { return nil }
        return Date(rfc3339: date.joined(separator: "-") + "T" + time + zone)
    }

    /// What is wrong with an expiration, as a noun phrase; it is quoted only if it looks like a time.
    static func fault(_ text: String?) -> String {
        let isShown =
            text?.isASCIIName(of: 1...35, alsoHolding: "+-:., ") == true && text?.utf8.allSatisfy(isPartOfTime) == true
        let shown = isShown ? text.map { " '\($0)'" } ?? "" : ""
        return "an Expiration\(shown) that is not a time with a zone, such as 2026-01-02T03:04:05Z"
    }

    private static func isPartOfTime(_ byte: UInt8) -> Bool {
        !(65...90 ~= byte || 97...122 ~= byte) || "TZUCGMtzucgm".utf8.contains(byte)
    }

    /// Numbers of these widths, with separators between all or none of them.
    private static func digits(of rest: inout ArraySlice<UInt8>, _ widths: [Int], separator: UInt8) -> [String]? {
        let isExtended = rest.dropFirst(widths[0]).first == separator
        var numbers: [String] = []
        for (index, width) in widths.enumerated() {
            if index > 0, isExtended { guard rest.popFirst() == separator else { return nil } }
            let number = rest.prefix(width)
            guard number.count == width, number.allSatisfy({ 48...57 ~= $0 }) else { return nil }
            numbers.append(number.text)
            rest = rest.dropFirst(width)
        }
        return numbers
    }

    /// `04:05:06.789`, `04:05` or the same without colons, as RFC 3339 wants it.
    private static func time(of rest: inout ArraySlice<UInt8>) -> String? {
        let whole = rest
        if let time = digits(of: &rest, [2, 2, 2], separator: UInt8(ascii: ":")) {
            guard rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: ",") else {
                return time.joined(separator: ":")
            }
            let fraction = rest.dropFirst().prefix { 48...57 ~= $0 }
            guard !fraction.isEmpty else { return nil }
            rest = rest.dropFirst(fraction.count + 1)
            return time.joined(separator: ":") + "." + fraction.text
        }
        rest = whole
        return digits(of: &rest, [2, 2], separator: UInt8(ascii: ":")).map { $0.joined(separator: ":") + ":00" }
    }

    /// The zone as RFC 3339 wants it.
    private static func zone(_ text: ArraySlice<UInt8>) -> String? {
        let zone = text.trimmed
        if ["z", "utc", "gmt"].contains(where: { $0.isBytewiseEqual(to: zone.text.asciiLowercased()) }) { return "Z" }
        guard let sign = zone.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        var rest = zone.dropFirst()
        let parts = rest.count == 2 ? [2] : [2, 2]
        guard let numbers = digits(of: &rest, parts, separator: UInt8(ascii: ":")), rest.isEmpty else { return nil }
        return [sign][...].text + numbers[0] + ":" + (numbers.count > 1 ? numbers[1] : "00")
    }
}
