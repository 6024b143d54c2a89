import RDSIAMSystem

extension AWSCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The access key ID, the source and the expiry; secrets are left out.
    public var description: String {
        let end = expiration.map { ", expires \($0.rfc3339)" } ?? ""
        return "AWSCredentials(\(accessKeyID), from \(provenance.source)\(end), secrets redacted)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without the secrets.
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "accessKeyID": accessKeyID, "expiration": expiration as Any, "accountID": accountID as Any,
                "provenance": provenance,
            ]
        )
    }
}

extension AWSCredentials {
    /// The credentials, unless they are dead already.
    func refusingExpired(at now: Date) throws -> AWSCredentials {
        guard let expiration, expiration <= now else { return self }
        throw AWSCredentialError(
            .expired,
            "The credentials from \(provenance.source) expired at \(expiration.rfc3339): renew them."
        )
    }
}
