import RDSIAMBasics
import RDSIAMSystem

/// The JSON document in which containers, the instance metadata service and credential processes issue credentials.
struct CredentialDocument {
    let members: [String: JSONValue]
    /// The document, to begin a message with.
    let name: String
    /// What to do, to end a message with.
    var advice = ""

    /// Returns the credentials.
    ///
    /// - Parameter areTemporary: Whether a session token and an expiration must be there.
    func credentials(
        _ provenance: AWSCredentials.Provenance,
        areTemporary: Bool = false
    ) throws(AWSCredentialError) -> AWSCredentials {
        let credentials = AWSCredentials(
            accessKeyID: try required("AccessKeyId"),
            secretAccessKey: try required("SecretAccessKey"),
            sessionToken: areTemporary ? try required("Token", "SessionToken") : members.text("Token", "SessionToken"),
            expiration: try expiration(),
            accountID: members.text("AccountId"),
            provenance: provenance
        )
        guard !areTemporary || credentials.expiration != nil else { throw fault("has no Expiration") }
        if let part = credentials.unusablePart(["AccessKeyId", "SecretAccessKey", "SessionToken"]) {
            throw fault("holds \(part) with a blank or a line end")
        }
        return credentials
    }

    private func required(_ name: String, _ other: String? = nil) throws(AWSCredentialError) -> String {
        guard let text = members.text(name) ?? other.flatMap({ members.text($0) }) else {
            throw fault("has no \(name)")
        }
        return text
    }

    private func fault(_ fault: String) -> AWSCredentialError {
        AWSCredentialError(.invalidResponse, "\(name) \(fault).\(advice)")
    }

    /// No expiration is a fine answer; an unreadable one is not: keys would be cached past their end.
    private func expiration() throws(AWSCredentialError) -> Date? {
        switch members.member("Expiration", "ExpiresAt") {
        case nil, .null?: return nil
        case let value?:
            if case .string(let text) = value, let date = Expiration.date(text) { return date }
            throw fault("has \(Expiration.fault(value.text))")
        }
    }
}

extension Expiration {
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
}
