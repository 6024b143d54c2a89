public import AWSSigV4

extension AWSCredentials {
    /// The three parts that Signature Version 4 needs.
    ///
    /// - Throws: `SigV4Error` where a part could not stand in a signed request; do not retry.
    public var signing: SigningCredentials {
        get throws(SigV4Error) {
            try SigningCredentials(
                accessKeyID: accessKeyID,
                secretAccessKey: secretAccessKey,
                sessionToken: sessionToken
            )
        }
    }
}
