import CLibcrypto

/// The third stage: a key derived from a secret access key for one day, region and service.
///
/// It signs for anybody who holds it, so it does not print.
public struct SigningKey: Sendable, Hashable {
    private var key: SHA256Digest
    private var ready: HMACKey

    /// Derives the key: HMAC over the date, the region, the service and `aws4_request` in turn.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public init(secretAccessKey: String, scope: CredentialScope) throws(SigV4Error) {
        key = try Self.dateKey(secretAccessKey, scope.time)
        key = try HMACKey(key).code(of: scope.region)
        key = try HMACKey(key).code(of: scope.service)
        key = try HMACKey(key).code(of: "aws4_request")
        ready = try HMACKey(key)
    }

    /// The fourth stage: the signature of a string to sign.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public func signature(of stringToSign: StringToSign) throws(SigV4Error) -> RequestSignature {
        RequestSignature(digest: try ready.code(of: stringToSign.text))
    }

    func code(of message: UnsafeRawBufferPointer) throws(SigV4Error) -> SHA256Digest {
        try ready.code(of: message)
    }

    /// The key for the date, whose own key is `AWS4` and the secret; that text is wiped from the stack again.
    private static func dateKey(_ secretAccessKey: String, _ time: SigningTime) throws(SigV4Error) -> SHA256Digest {
        let prefixed = 4 + secretAccessKey.utf8.count
        return try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: prefixed + 8) { buffer throws(SigV4Error) in
            defer { rdsiam_wipe(buffer.baseAddress, buffer.count) }
            var writer = ByteWriter(buffer)
            writer.append("AWS4")
            writer.append(secretAccessKey)
            let key = try HMACKey(writer.written(from: 0))
            writer.append(basicDateOf: time)
            return try key.code(of: writer.written(from: prefixed))
        }
    }

    /// Overwrites the key with zeroes.
    mutating func wipe() {
        key.wipe()
        ready.wipe()
    }

    /// Compares the keys.
    public static func == (left: Self, right: Self) -> Bool { left.key == right.key }

    /// Hashes the key.
    public func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

extension SigningKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says that it is a key, and no more.
    public var description: String { "SigningKey(<redacted>)" }

    /// The same as `description`.
    public var debugDescription: String { description }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The key's 64 hexadecimal digits, for tests of the stage alone: whoever reads them can sign.
    package var hexadecimal: String { key.hexadecimal }
}
