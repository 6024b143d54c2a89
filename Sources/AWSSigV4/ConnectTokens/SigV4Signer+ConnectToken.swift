extension SigV4Signer {
    /// Makes a token; an empty user is none.
    ///
    /// Each string is opened once: that costs a reference count, and this is called for every connection.
    func connectToken(
        host: String,
        port: Int?,
        action: StaticString,
        user: String,
        scope: CredentialScope,
        credentials: SigningCredentials,
        expires: Int
    ) throws(SigV4Error) -> String {
        try host.withUTF8Bytes { host throws(SigV4Error) in
            try user.withUTF8Bytes { user throws(SigV4Error) in
                try scope.region.withUTF8Bytes { region throws(SigV4Error) in
                    try scope.service.withUTF8Bytes { service throws(SigV4Error) in
                        try credentials.accessKeyID.withUTF8Bytes { accessKeyID throws(SigV4Error) in
                            let token = ConnectToken(
                                host: host,
                                port: port,
                                action: action,
                                user: user,
                                accessKeyID: accessKeyID,
                                region: region,
                                service: service,
                                timeDigits: scope.time.timeDigits,
                                expires: expires
                            )
                            try token.check()
                            return try signed(token, scope: scope, credentials: credentials)
                        }
                    }
                }
            }
        }
    }

    @inline(__always)
    private func signed(
        _ token: ConnectToken,
        scope: CredentialScope,
        credentials: SigningCredentials
    ) throws(SigV4Error) -> String {
        let material = try material(for: credentials, scope: scope)
        // Two branches rather than one string chosen: choosing takes references.
        if !material.encodedSessionToken.isEmpty {
            return try material.encodedSessionToken.withUTF8Bytes { sessionToken throws(SigV4Error) in
                try token.signed(with: material, sessionToken: sessionToken, isEncoded: true)
            }
        }
        return try (credentials.sessionToken ?? "").withUTF8Bytes { sessionToken throws(SigV4Error) in
            try token.signed(with: material, sessionToken: sessionToken, isEncoded: false)
        }
    }
}
