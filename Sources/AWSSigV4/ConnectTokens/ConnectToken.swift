/// A presigned GET request without its scheme, which a database takes for a password.
///
/// The text is written once, in canonical order with the signature last, so that the bytes that are hashed are the bytes that are
/// returned.
struct ConnectToken {
    let host: String
    /// `nil` for a service whose tokens carry no port.
    let port: Int?
    let action: StaticString
    /// `nil` for a service whose tokens carry no user.
    let user: String?
    let scope: CredentialScope
    let credentials: SigningCredentials
    let expires: Int

    func text(signer: SigV4Signer) throws(SigV4Error) -> String {
        let context = try SHA256Context()
        let key = try signer.signingKey(for: credentials, scope: scope, context: context)
        var failure: SigV4Error?
        let text = String(unsafeUninitializedCapacity: capacity) { buffer in
            var writer = ByteWriter(buffer)
            do throws(SigV4Error) {
                try write(to: &writer, key: key, context: context)
            } catch {
                failure = error
                return 0
            }
            return writer.count
        }
        if let failure { throw failure }
        return text
    }

    /// Enough room for each part encoded to its longest.
    private var capacity: Int {
        ByteWriter.encodedCapacity(credentials.accessKeyID.utf8.count + (user?.utf8.count ?? 0))
            + (credentials.encodedSessionToken?.utf8.count ?? 0) + 2 * host.utf8.count + scope.region.utf8.count
            + scope.service.utf8.count + 512
    }

    private func write(
        to writer: inout ByteWriter,
        key: SigningKey,
        context: borrowing SHA256Context
    ) throws(SigV4Error) {
        writer.append(lowercasing: host)
        if let port {
            writer.append(":")
            writer.append(decimal: port)
        }
        writer.append("/?")
        let queryStart = writer.count
        appendQuery(to: &writer)
        let queryEnd = writer.count
        appendHeaders(to: &writer)
        let hash = try Self.withBytes("GET\n/\n") { start throws(SigV4Error) in
            try context.hash(start, writer.written(from: queryStart))
        }
        writer.truncate(to: queryEnd)
        let signature = try key.code(of: hash, scope: scope, context: context)
        writer.append("&X-Amz-Signature=")
        signature.withUnsafeBytes { writer.append(hexadecimal: $0) }
    }

    /// Appends the canonical query.
    private func appendQuery(to writer: inout ByteWriter) {
        writer.append("Action=")
        writer.append(action)
        if let user {
            writer.append("&DBUser=")
            writer.append(percentEncoding: user)
        }
        writer.append("&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=")
        writer.append(percentEncoding: credentials.accessKeyID)
        writer.append("%2F")
        writer.append(basicDateOf: scope.time)
        writer.append("%2F")
        writer.append(scope.region)
        writer.append("%2F")
        writer.append(scope.service)
        writer.append("%2Faws4_request&X-Amz-Date=")
        writer.append(basicDateTimeOf: scope.time)
        writer.append("&X-Amz-Expires=")
        writer.append(decimal: expires)
        if let token = credentials.encodedSessionToken {
            writer.append("&X-Amz-Security-Token=")
            writer.append(token)
        }
        writer.append("&X-Amz-SignedHeaders=host")
    }

    /// Appends the rest of the canonical request: the one header, its name and the hash of no body.
    private func appendHeaders(to writer: inout ByteWriter) {
        writer.append("\nhost:")
        writer.append(lowercasing: host)
        // HTTP clients leave out the port of https, and so do the signers of AWS.
        if let port, port != 443 {
            writer.append(":")
            writer.append(decimal: port)
        }
        writer.append("\n\nhost\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    private static func withBytes<Value>(
        _ text: StaticString,
        _ body: (UnsafeRawBufferPointer) throws(SigV4Error) -> Value
    ) throws(SigV4Error) -> Value {
        try body(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

extension SigningKey {
    /// The signature over the string to sign for a hash of a canonical request, built on the stack.
    fileprivate func code(
        of hash: SHA256Digest,
        scope: CredentialScope,
        context: borrowing SHA256Context
    ) throws(SigV4Error) -> SHA256Digest {
        let capacity = 128 + 64 + scope.region.utf8.count + scope.service.utf8.count
        return try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { buffer throws(SigV4Error) in
            var writer = ByteWriter(buffer)
            writer.append("AWS4-HMAC-SHA256\n")
            writer.append(basicDateTimeOf: scope.time)
            writer.append("\n")
            writer.append(basicDateOf: scope.time)
            writer.append("/")
            writer.append(scope.region)
            writer.append("/")
            writer.append(scope.service)
            writer.append("/aws4_request\n")
            hash.withUnsafeBytes { writer.append(hexadecimal: $0) }
            return try code(of: writer.written(from: 0), context: context)
        }
    }
}
