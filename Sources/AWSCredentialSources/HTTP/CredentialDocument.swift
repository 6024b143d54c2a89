import RDSIAMSystem

/// The JSON document in which containers, the instance metadata service and credential processes hand out credentials.
struct CredentialDocument {
    let members: [String: JSONValue]

    /// The credentials; nil where a required member is missing or the expiry is no time.
    func credentials(_ provenance: AWSCredentials.Provenance) -> AWSCredentials? {
        guard
            let accessKeyID = members.text("AccessKeyId"), let secret = members.text("SecretAccessKey"),
            let expiration
        else { return nil }
        return AWSCredentials(
            accessKeyID: accessKeyID,
            secretAccessKey: secret,
            sessionToken: members.text("Token", "SessionToken"),
            expiration: expiration.date,
            accountID: members.text("AccountId"),
            provenance: provenance
        )
    }

    /// No expiry is a fine answer; an unreadable one is not: keys would be kept past their end.
    private var expiration: (date: Date?, Void)? {
        switch members.member("Expiration", "ExpiresAt") {
        case nil, .null?: (nil, ())
        case .string(let text)?: Date(rfc3339: text).map { ($0, ()) }
        default: nil
        }
    }
}
