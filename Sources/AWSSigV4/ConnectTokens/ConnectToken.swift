/// A presigned GET request without its scheme, which a database takes for a password.
///
/// The text is written once, in canonical order with the signature last, so that the bytes that are hashed are the bytes that are
/// returned. The strings are looked at in place: a value of this type lives no longer than the call that lends them.
struct ConnectToken {
    typealias Text = UnsafeBufferPointer<UInt8>

    let host: Text
    /// `nil` for a service whose tokens carry no port.
    let port: Int?
    let action: StaticString
    /// Empty for a service whose tokens carry no user.
    let user: Text
    let accessKeyID: Text
    /// Empty for none.
    fileprivate(set) var sessionToken = Text(start: nil, count: 0)
    /// Whether the session token is percent-encoded already.
    fileprivate(set) var isSessionTokenEncoded = false
    /// The characters of `20260131`.
    fileprivate(set) var dateDigits: UInt64 = 0
    let region: Text
    let service: Text
    /// The characters of `T235959Z`.
    let timeDigits: UInt64
    let expires: Int

    /// Refuses what cannot stand in a token, or would mean something else there.
    @inline(__always)
    func check() throws(SigV4Error) {
        try SigningHost.check(host)
        guard port.map({ 1...65_535 ~= $0 }) ?? true else {
            throw SigV4Error(.invalidPort, "the port must be from 1 to 65535")
        }
        guard !ASCIIClass.holdsControl(user) else {
            throw SigV4Error(.invalidUser, "the database user holds a control character")
        }
        guard ASCIIClass.isName(region) else { throw CredentialScope.invalidName }
    }

    /// The whole text.
    ///
    /// - Parameters:
    ///   - material: Holds the signing key.
    ///   - sessionToken: Empty for none.
    ///   - isEncoded: Whether the session token is percent-encoded already.
    func signed(with material: SigningMaterial, sessionToken: Text, isEncoded: Bool) throws(SigV4Error) -> String {
        var token = self
        token.sessionToken = sessionToken
        token.isSessionTokenEncoded = isEncoded
        token.dateDigits = material.dateDigits
        return try token.signed(with: material)
    }

    private func signed(with material: SigningMaterial) throws(SigV4Error) -> String {
        var failure: SigV4Error?
        let text = String(unsafeUninitializedCapacity: capacity) { buffer in
            var writer = ByteWriter(buffer)
            do throws(SigV4Error) {
                try write(to: &writer, material)
            } catch {
                failure = error
                return 0
            }
            return writer.count
        }
        if let failure { throw failure }
        return text
    }

    /// Enough room for each part at its longest, and for what is hashed and taken back.
    private var capacity: Int {
        ByteWriter.encodedCapacity(user.count) + accessKeyID.count
            + (isSessionTokenEncoded ? sessionToken.count : ByteWriter.encodedCapacity(sessionToken.count)) + 2
            * host.count + 2 * region.count
            + 2 * service.count + 512
    }

    @inline(__always)
    private func write(to writer: inout ByteWriter, _ material: SigningMaterial) throws(SigV4Error) {
        writer.append(lowercasing: host)
        let hostEnd = writer.count
        if let port {
            writer.append(":")
            writer.append(decimal: port)
        }
        // HTTP clients leave out the port of https, and so do the signers of AWS.
        let authority = 0..<(port == 443 ? hostEnd : writer.count)
        writer.append("/?")
        let queryStart = writer.count
        appendQuery(to: &writer)
        appendSessionToken(to: &writer)
        writer.append("&X-Amz-SignedHeaders=host")
        let queryEnd = writer.count
        let hash = try canonicalRequestHash(&writer, from: queryStart, authority: authority)
        writer.truncate(to: queryEnd)
        appendStringToSign(hash, to: &writer)
        let signature = try material.code(of: writer.written(from: queryEnd))
        writer.truncate(to: queryEnd)
        writer.append("&X-Amz-Signature=")
        writer.append(hexadecimal: signature)
    }

    /// Appends the canonical query up to the expiry.
    @inline(__always)
    private func appendQuery(to writer: inout ByteWriter) {
        writer.append("Action=")
        writer.append(action)
        if !user.isEmpty {
            writer.append("&DBUser=")
            writer.append(percentEncoding: user)
        }
        writer.append("&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=")
        writer.append(UnsafeRawBufferPointer(accessKeyID))
        writer.append("%2F")
        writer.append(asciiWord: dateDigits)
        writer.append("%2F")
        writer.append(UnsafeRawBufferPointer(region))
        writer.append("%2F")
        writer.append(UnsafeRawBufferPointer(service))
        writer.append("%2Faws4_request&X-Amz-Date=")
        writer.append(asciiWord: dateDigits)
        writer.append(asciiWord: timeDigits)
        writer.append("&X-Amz-Expires=")
        writer.append(decimal: expires)
    }

    @inline(__always)
    private func appendSessionToken(to writer: inout ByteWriter) {
        if sessionToken.isEmpty { return }
        writer.append("&X-Amz-Security-Token=")
        if isSessionTokenEncoded {
            writer.append(UnsafeRawBufferPointer(sessionToken))
        } else {
            writer.append(percentEncoding: sessionToken)
        }
    }

    /// Appends what follows the query in the canonical request, the one header and the hash of no body, and hashes the whole.
    @inline(__always)
    private func canonicalRequestHash(
        _ writer: inout ByteWriter,
        from queryStart: Int,
        authority: Range<Int>
    ) throws(SigV4Error) -> SHA256Digest {
        writer.append("\nhost:")
        writer.append(copyOf: authority)
        writer.append("\n\nhost\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        return try writer.hash(after: "GET\n/\n", from: queryStart)
    }

    @inline(__always)
    private func appendStringToSign(_ hash: SHA256Digest, to writer: inout ByteWriter) {
        writer.append("AWS4-HMAC-SHA256\n")
        writer.append(asciiWord: dateDigits)
        writer.append(asciiWord: timeDigits)
        writer.append("\n")
        writer.append(asciiWord: dateDigits)
        writer.append("/")
        writer.append(UnsafeRawBufferPointer(region))
        writer.append("/")
        writer.append(UnsafeRawBufferPointer(service))
        writer.append("/aws4_request\n")
        writer.append(hexadecimal: hash)
    }
}
